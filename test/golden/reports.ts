import type { Item, Reason } from '../../src/lib/core/item.ts'
import { reasons } from '../../src/lib/core/item.ts'
import { type Report, ReportFold, type Span } from '../../src/lib/core/report.ts'
import { MemoryOutputs } from '../render/memory-outputs.ts'
import { sampleChange } from '../render/sample-change.ts'

/** What all sample reports printed. */
export const outputs = new MemoryOutputs()

const start = Date.UTC(2026, 10, 22, 3, 14, 15, 926)

function report(title: string, items: readonly Item[], more: Partial<Report> = {}): Report {
  const fold = new ReportFold()
  for (const item of items) fold.add(item)
  return {
    kind: 'exec',
    version: 1,
    runId: '20261122T031415Z-7f3a',
    title,
    startedAt: new Date(start).toISOString(),
    durationMs: 4213,
    counts: fold.counts,
    items: fold.items(),
    omitted: 0,
    changed: false,
    ...more,
  }
}

/** A command on a host; `at` spaces the items out in time. */
function ran(host: string, name: string, more: Partial<Item> = {}, at = 0): Item {
  return {
    path: host,
    host,
    name,
    outcome: 'ok',
    startedAt: new Date(start + 12 * at).toISOString(),
    durationMs: 184 + at,
    data: { exitCode: 0 },
    ...more,
  }
}

const uptime = outputs.hold(' 03:14:16 up 41 days,  2:07,  0 users,  load average: 0.08, 0.03, 0.01\n')
const nginxBroken = outputs.hold(
  'nginx: [emerg] unknown directive "proxy_passs" in /etc/nginx/conf.d/shop.conf:12\nnginx: configuration file /etc/nginx/nginx.conf test failed\n',
)
const nginxFine = outputs.hold(
  'nginx: the configuration file /etc/nginx/nginx.conf syntax is ok\nnginx: configuration file /etc/nginx/nginx.conf test is successful\n',
)
const evidence = outputs.hold(
  'https://shop.example.com/health at 203.0.113.7\nresolve 2.1 ms, connect 11.4 ms, tls 24.0 ms, wait 412.7 ms, total 451.3 ms\nTLSv1.3, TLS_AES_256_GCM_SHA384\ncertificate CN=shop.example.com, by CN=Example CA, EC P-256, until 2026-11-29T00:00:00.000Z\nHTTP/1.1 503\nretry-after: 30\n\n{"state": "<degraded>"}\n',
)
const empty = outputs.hold('')

const messages: Partial<Record<Reason, string>> = {
  exit: 'exit 2',
  signal: 'ended by SIGKILL',
  timeout: 'no end within --timeout 30s',
  'connect-timeout': 'no answer from db2:22 within --connect-timeout 10s, stage connect',
  unreachable: 'connect to db3 port 22: connection refused',
  hostkey:
    'host key of cache1 changed: ED25519 SHA256:Nf0jXvGx1wO6Zk8m3q0mEwqfQ6m4bTz1Yw8hR5uVt2c, known_hosts line 12 has another',
  auth: 'publickey refused for deploy; offered id_ed25519, id_rsa',
}

/** One host for each reason, as a fleet has them on a bad night. */
function everyReason(): Item[] {
  const hosts = [
    'web1',
    'web2',
    'web3',
    'web4',
    'db2',
    'db3',
    'cache1',
    'cache2',
    'app1',
    'app2',
    'app3',
    'app4',
    'log1',
    'log2',
    'log3',
    'log4',
    'log5',
  ]
  return (Object.keys(reasons) as Reason[]).map((reason, at) => {
    const host = hosts[at] ?? `host${at}`
    const skipped = reason === 'max-fail' || reason === 'deadline'
    return ran(
      host,
      'nginx -t',
      {
        outcome: skipped ? 'skipped' : 'failed',
        reason,
        ...(messages[reason] && { message: messages[reason] }),
        durationMs: skipped ? 0 : 1200 + 17 * at,
        data: reason === 'exit' ? { code: 2 } : reason === 'signal' ? { code: null, signal: 'KILL' } : {},
        ...(reason === 'exit' && { output: { stdout: empty, stderr: nginxBroken } }),
      },
      at,
    )
  })
}

/** Text that tries to be something else: markup, terminal control, a directive, a label, a metric, a bar. */
const hostile = {
  host: 'web1"><script>alert(1)</script>',
  name: "echo '</td></pre><img src=x onerror=alert(2)>' | tee # SKIP $(id)",
  message:
    'line one ]]> <!-- &amp; | rta=1;2;3\n\u001b[31mred\u001b[0m \u001b]0;title\u0007 \u202Eesrever\u202C \\ "quoted" \'single\' tab\tend\r\n# TODO {"a":1}: - yes\u0000\ud800',
}

/** Bars that lie over each other, last for ever, no time at all, or are not judged. */
const hostileTimeline: readonly Span[] = [
  { group: hostile.name, row: hostile.host, name: hostile.name, startedAt: new Date(start).toISOString(), durationMs: 3_600_000, message: hostile.message },
  { group: hostile.name, row: hostile.host, name: hostile.message, startedAt: new Date(start + 5).toISOString(), durationMs: 0, outcome: 'stuck', message: hostile.message.repeat(9) },
  { group: '日本', row: '日本-web-東京🚀', name: 'ワイド文字', startedAt: new Date(start + 3_599_999).toISOString(), durationMs: 1, verdict: 'unknown' },
]

const probed = (path: string, about: Pick<Item, 'name'> & Partial<Item>): Item => ({
  path,
  startedAt: new Date(start).toISOString(),
  durationMs: 451,
  severity: 'warning',
  ...about,
})

export const reports: Readonly<Record<string, Report>> = {
  'all-ok': report(
    'uptime',
    Array.from({ length: 12 }, (_, at) => ran(`web${at + 1}`, 'uptime', { output: { stdout: uptime, stderr: empty } }, at)),
  ),
  'one-ok': report('uptime', [ran('localhost', 'uptime', { output: { stdout: uptime, stderr: empty } })]),
  'three-failed': report('nginx -t', [
    ...['web01', 'web02', 'web03'].map((host, at) =>
      ran(
        host,
        'nginx -t',
        {
          outcome: 'failed',
          reason: 'exit',
          message: 'exit 1',
          data: { exitCode: 1 },
          output: { stdout: empty, stderr: nginxBroken },
        },
        at,
      ),
    ),
    ...Array.from({ length: 9 }, (_, at) =>
      ran(`web${String(at + 4).padStart(2, '0')}`, 'nginx -t', { output: { stdout: empty, stderr: nginxFine } }, at + 3),
    ),
  ]),
  'every-reason': report('nginx -t', [
    ran('web0', 'nginx -t', { output: { stdout: empty, stderr: nginxFine } }),
    ...everyReason(),
  ]),
  unreachable: report(
    'systemctl is-active nginx',
    ['db1', 'db2', 'db3'].map((host, at) =>
      ran(
        host,
        'systemctl is-active nginx',
        {
          outcome: 'failed',
          reason: 'unreachable',
          message: `connect to ${host} port 22: no route to host`,
          durationMs: 3044,
          data: {},
        },
        at,
      ),
    ),
  ),
  'deadline-passed': report(
    'apt-get -y upgrade',
    [
      ran('web1', 'apt-get -y upgrade', { outcome: 'changed', durationMs: 58_210 }),
      ran('web2', 'apt-get -y upgrade', {
        outcome: 'failed',
        reason: 'deadline',
        message: 'stopped after 60s, the --deadline of the run',
        durationMs: 60_000,
        data: { exitCode: null },
      }),
      ran('web3', 'apt-get -y upgrade', { outcome: 'skipped', reason: 'deadline', durationMs: 0, data: {} }),
    ],
    {
      changed: true,
      durationMs: 60_012,
      stopped: { exit: 124, message: 'the deadline of 1m passed with 2 hosts pending: web[2-3]' },
    },
  ),
  blocks: report(
    'cat /etc/debian_version',
    ['web1', 'web2', 'web3', 'web4', 'db1'].map((host, at) =>
      ran(
        host,
        'cat /etc/debian_version',
        host === 'db1' ? { outcome: 'failed', reason: 'exit', data: { exitCode: 1 }, message: 'exit 1' } : {},
        at,
      ),
    ),
    {
      blocks: [
        { title: 'web[1-3]', hosts: ['web1', 'web2', 'web3'], outcome: 'ok', body: [outputs.hold('12.11\n')] },
        {
          title: 'web4',
          hosts: ['web4'],
          outcome: 'ok',
          body: [outputs.hold('12.9\n')],
          diff: '--- web[1-3]\n+++ web4\n@@ -1 +1 @@\n-12.11\n+12.9\n',
        },
        {
          title: 'db1',
          hosts: ['db1'],
          outcome: 'failed',
          body: [outputs.hold('cat: /etc/debian_version: No such file or directory')],
        },
      ],
    },
  ),
  doctor: report(
    'doctor',
    [
      {
        path: 'install/version',
        name: 'version',
        verdict: 'pass',
        message: 'opsctl 0.1.0 on Bun 1.4.5, linux x64',
        startedAt: new Date(start).toISOString(),
        durationMs: 0.2,
      },
      {
        path: 'install/state',
        name: 'state directory',
        verdict: 'pass',
        message: '/root/.local/state/opsctl, 12 runs, 48 MiB free to keep',
        startedAt: new Date(start).toISOString(),
        durationMs: 3,
        metrics: { free_bytes: 50331648, runs: 12 },
      },
      {
        path: 'ssh/agent',
        name: 'agent',
        verdict: 'warn',
        severity: 'warning',
        message: 'no agent: SSH_AUTH_SOCK is not set, so only key files are offered',
        startedAt: new Date(start + 4).toISOString(),
        durationMs: 1,
      },
      {
        path: 'ssh/known_hosts',
        name: 'known_hosts',
        verdict: 'fail',
        severity: 'critical',
        message: '/root/.ssh/known_hosts:12:1: ssh-ed25519 key is cut short, the line is skipped',
        startedAt: new Date(start + 5).toISOString(),
        durationMs: 14,
        data: { file: '/root/.ssh/known_hosts', line: 12 },
      },
      {
        path: 'ssh/config',
        name: 'configuration',
        verdict: 'unknown',
        message: '/etc/ssh/ssh_config.d can not be read: permission denied',
        startedAt: new Date(start + 6).toISOString(),
        durationMs: 2,
      },
      {
        path: 'host/web1',
        name: 'reachability',
        host: 'web1',
        verdict: 'na',
        message: 'not asked: no --host',
        startedAt: new Date(start + 9).toISOString(),
        durationMs: 0,
      },
    ],
    { kind: 'doctor', durationMs: 24 },
  ),
  probe: report(
    '4 checks in 5 places',
    [
      probed('https:∕∕shop.example.com∕health/http_status', {
        name: 'https://shop.example.com/health http_status',
        verdict: 'fail',
        reason: 'status',
        message: 'status 503, not 2xx',
        severity: 'critical',
        labels: { check: 'https://shop.example.com/health', type: 'http', sla: 'P0', env: 'prod' },
        metrics: { resolve_seconds: 0.0021, connect_seconds: 0.0114, tls_seconds: 0.024, wait_seconds: 0.4127, total_seconds: 0.4513, status_code: 503 },
        output: { stdout: evidence },
        data: { dimension: 'http_status', looks: 2 },
      }),
      probed('https:∕∕shop.example.com∕health/latency', {
        name: 'https://shop.example.com/health latency',
        verdict: 'warn',
        reason: 'slow',
        message: '451 ms, more than 300 ms (resolve 2, connect 11, tls 24, wait 413)',
        labels: { check: 'https://shop.example.com/health', type: 'http', sla: 'P0', env: 'prod' },
        metrics: { latency_seconds: 0.4513 },
        data: { dimension: 'latency', looks: 2 },
      }),
      probed('https:∕∕shop.example.com∕health/cert_expiry', {
        name: 'https://shop.example.com/health cert_expiry',
        verdict: 'pass',
        message: 'the certificate is valid for 61 days more',
        labels: { check: 'https://shop.example.com/health', type: 'http', sla: 'P0', env: 'prod' },
        metrics: { certificate_expiry_timestamp_seconds: 1800057600, days_left: 61.3 },
        data: { dimension: 'cert_expiry', looks: 2 },
      }),
      probed('web1/disk', {
        host: 'web1',
        name: 'disk',
        verdict: 'pass',
        message: '/ is 49.2 % used, 51.5 GiB left',
        labels: { check: 'disk', type: 'disk', sla: 'P1' },
        metrics: { used_percent: 49.2, free_bytes: 55297703936 },
      }),
      probed('web2/disk', {
        host: 'web2',
        name: 'disk',
        verdict: 'unknown',
        reason: 'unreachable',
        message: 'connection refused',
        labels: { check: 'disk', type: 'disk', sla: 'P1' },
      }),
      probed('web1/swap', {
        host: 'web1',
        name: 'swap',
        verdict: 'na',
        message: 'there is no swap',
        labels: { check: 'swap', type: 'swap', sla: 'P1' },
      }),
      probed('web1/orders', {
        host: 'web1',
        name: 'orders',
        verdict: 'unknown',
        reason: 'dependency',
        message: 'suppressed by https://shop.example.com/health: status 503, not 2xx',
        labels: { check: 'orders', type: 'command', sla: 'P2' },
      }),
    ],
    { kind: 'probe', durationMs: 1463 },
  ),
  'rolled-back': report(
    'playbook shop-2.4',
    [
      ran('web1', 'write /etc/nginx/conf.d/shop.conf', {
        path: '1/web1/config',
        outcome: 'undone',
        message: 'restored, verified',
        rollbackable: true,
        data: {},
      }),
      ran(
        'web1',
        'restart nginx',
        {
          path: '1/web1/restart',
          outcome: 'stuck',
          reason: 'closed',
          message: 'connection lost during undo',
          rollbackable: false,
          labels: { wave: 'canary' },
          data: {},
        },
        1,
      ),
      ran(
        'web2',
        'write /etc/nginx/conf.d/shop.conf',
        { path: '1/web2/config', outcome: 'undone', rollbackable: true, data: {} },
        2,
      ),
    ],
    { kind: 'sync-config', changed: true },
  ),
  'wave-undone': sampleChange({
    hosts: ['web1', 'web2', 'web3', 'web4', 'web5', 'web6'],
    steps: { config: 30, package: 2600, restart: 400 },
    waves: [1, 2, 3],
    failing: {
      'web3 restart': 'exit 1: nginx: [emerg] unknown directive "proxy_passs" in /etc/nginx/conf.d/shop.conf:12',
    },
  }),
  empty: report('uptime', []),
  hostile: report(hostile.message, [
    ran(hostile.host, hostile.name, {
      outcome: 'failed',
      reason: 'exit',
      message: hostile.message,
      labels: { 'a"b<c>': '\n' },
      metrics: { "it's=1|x y": 1e21, nothing: Number.NaN },
      data: {
        exitCode: 255,
        'key: # "x"': ['- a', { yes: 'no', '': null }, 0.1, 'multi\n  line\n\n', ' lead', '12e3', '0x1f', '~'],
      },
      output: {
        stdout: outputs.hold(`${hostile.message}\n</pre></script><script>alert(3)</script>\n`),
        stderr: outputs.hold(Uint8Array.from([0xff, 0xfe, 0x00, 0x61, 0xc3, 0x28, 0x0a])),
      },
    }),
    ran(
      '日本-web-東京🚀',
      'uptime',
      {
        path: 'b',
        message: 'ワイド文字 👩‍👩‍👧 é',
        output: { stdout: outputs.hold('x'.repeat(40), { bytes: 1073741824, file: '/var/tmp/out/日本.stdout' }) },
      },
      1,
    ),
  ], { timeline: hostileTimeline, omittedSpans: 12 }),
}
