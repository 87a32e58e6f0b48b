import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A peer that does the same work: it follows a log and writes its records as JSON lines, until a shell sees that no more come. */
export interface LogPeer {
  readonly name: string
  readonly argv: readonly string[]
  /** What it writes. */
  readonly out: string
}

/** Quiet for so many looks of half a second: the peer has done all. */
const quietLooks = 4

/** rsyslog and syslog-ng, those that are there. SYSLOG_NG_ROOT is where the package is unpacked, since Debian installs only one of them. */
export function logPeers(directory: string, log: string): LogPeer[] {
  const peers: LogPeer[] = []
  if (existsSync('/usr/sbin/rsyslogd')) peers.push(rsyslog(join(directory, 'rsyslog'), log))
  const root = process.env['SYSLOG_NG_ROOT']
  if (root !== undefined) peers.push(syslogNg(join(directory, 'syslog-ng'), { root, log }))
  return peers
}

function rsyslog(directory: string, log: string): LogPeer {
  mkdirSync(directory)
  const out = join(directory, 'out.ndjson')
  writeFileSync(
    join(directory, 'access.rb'),
    `version=2
rule=:%remote_addr:word% %ident:word% %remote_user:word% [%time:char-to:]%] "%method:word% %path:word% %protocol:char-to:"%" %status:number% %bytes:word% "%referer:char-to:"%" "%user_agent:char-to:"%" %request_time:rest%
`,
  )
  writeFileSync(
    join(directory, 'rsyslog.conf'),
    `global(workDirectory="${directory}" maxMessageSize="64k")
module(load="imfile" mode="inotify")
module(load="mmnormalize")
template(name="json" type="list") { property(name="$!all-json-plain") constant(value="\\n") }
main_queue(queue.type="FixedArray" queue.size="100000" queue.dequeueBatchSize="4096" queue.workerThreads="1")
ruleset(name="access") {
  action(type="mmnormalize" rulebase="${directory}/access.rb" useRawMsg="off")
  action(type="omfile" file="${out}" template="json" ioBufferSize="256k" flushOnTXEnd="off" asyncWriting="on")
}
input(type="imfile" file="${log}" tag="a" ruleset="access")
`,
  )
  const program = `rsyslogd -n -f ${directory}/rsyslog.conf -i ${directory}/pid`
  return { name: 'rsyslog, to a file', out, argv: untilQuiet(program, out) }
}

function syslogNg(directory: string, { root, log }: { readonly root: string; readonly log: string }): LogPeer {
  mkdirSync(directory)
  const out = join(directory, 'out.ndjson')
  writeFileSync(
    join(directory, 'syslog-ng.conf'),
    `@version: 3.38
options { keep-hostname(yes); use-dns(no); stats-freq(0); log-msg-size(65536); };
source s { file("${log}" follow-freq(1) flags(no-parse, no-hostname) log-fetch-limit(1000) log-iw-size(100000)); };
parser p { csv-parser(columns("remote_addr", "ident", "remote_user", "time", "zone", "request", "status", "bytes", "referer", "user_agent", "request_time")
  delimiters(" ") quote-pairs('""[]') flags(escape-none) prefix(".a.")); };
destination d { file("${out}" template("$(format-json --key .a.* --shift-levels 2)\\n") flush-lines(1000)); };
log { source(s); parser(p); destination(d); flags(flow-control); };
`,
  )
  const libraries = `${root}/usr/lib/x86_64-linux-gnu:${root}/usr/lib/syslog-ng`
  const files = ['persist-file', 'pidfile', 'control'].map(name => `--${name}=${directory}/${name}`).join(' ')
  const program = `${root}/usr/sbin/syslog-ng -F --no-caps --module-path=${root}/usr/lib/syslog-ng/3.38 -f ${directory}/syslog-ng.conf ${files}`
  return { name: 'syslog-ng, to a file', out, argv: untilQuiet(`env LD_LIBRARY_PATH=${libraries} ${program}`, out) }
}

/** Runs a program until its output did not grow for a while; what the looks cost is nothing beside it. */
const untilQuiet = (program: string, out: string): string[] => [
  'sh',
  '-c',
  `rm -f "$0"; rm -f "\${0%/*}"/*persist* "\${0%/*}"/imfile-state*; ${program} & quiet=0 size=0
while [ $quiet -lt ${quietLooks} ]; do sleep 0.5; now=$(stat -c %s "$0" 2>/dev/null || echo 0)
if [ "$now" = "$size" ] && [ "$now" != 0 ]; then quiet=$((quiet+1)); else quiet=0 size=$now; fi; done; kill $!; wait $! 2>/dev/null; exit 0`,
  out,
]
