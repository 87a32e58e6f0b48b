import type { Json } from '../../src/lib/core/json.ts'
import type { Sandbox } from '../plan/sandbox.ts'

/** A use of a fault in a sandbox, with a look at all that it touches. */
export interface FaultCase {
  readonly type: string
  readonly name: string
  readonly config: Json
  /** A line of sh that prints what must be the same before and afterwards. */
  readonly fingerprint: string
}

/** A daemon that answers to a name of its own and to nothing else, twice; a small disk; a peer that a cable leads to. */
export const faultSetUp = (directory: string): string => `
cp "$(command -v sleep)" ${directory}/shopd
cat >${directory}/shop-start <<'END'
exec ${directory}/shopd 3600
END
sh ${directory}/shop-start &
echo $! >/run/shop.pid
sh ${directory}/shop-start &
sleep 0.2
mkdir -p /run/disk && mount -t tmpfs -o size=20m tmpfs /run/disk
ip link set lo up
ip link add shop0 type veth peer name shop1
ip address add 192.0.2.1/24 dev shop0
ip link set shop0 up
ip link set shop1 up
cat >${directory}/web.pl <<'END'
use IO::Socket::INET;
$SIG{PIPE} = 'IGNORE';
my $listener = IO::Socket::INET->new(Listen => 64, LocalAddr => '0.0.0.0:8099', ReuseAddr => 1) or die $!;
while (my $client = $listener->accept) { my $line = <$client>; print $client "HTTP/1.0 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nok"; close $client }
END
perl ${directory}/web.pl >/dev/null 2>&1 &
nft 'table inet filter { chain input { type filter hook input priority 0; policy accept; tcp dport 9 drop; }; }'
`

/** Rules, helpers, and how the service answers: in less than 200 ms or not. */
const service = `nft -s list ruleset; grep -ls opsctl-prox[y] /proc/[0-9]*/cmdline
perl -MIO::Socket::INET -MTime::HiRes=time -e 'alarm 20; $began = time; $web = IO::Socket::INET->new("127.0.0.1:8099") or print "none";
print $web "GET / HTTP/1.0\\r\\n\\r\\n"; $said = <$web>; $said =~ s/\\s+$//; print "$said ", (time - $began > 0.6 ? "late" : "soon")'`

const processes = `for at in /proc/[0-9]*; do grep -qs shopd $at/cmdline && awk '{ print $3 }' $at/stat; done | sed 's/[RSD]/alive/' | sort`

const load = 'grep -ls opsctl-loa[d] /proc/[0-9]*/cmdline; find /sys/fs/cgroup -name "opsctl-loa[d]-*"; :'

export const faultCases = (directory: string): readonly FaultCase[] => [
  { type: 'process-pause', name: 'all of a name', config: { name: 'shopd' }, fingerprint: processes },
  { type: 'process-pause', name: 'the one of a pidfile', config: { pidfile: '/run/shop.pid' }, fingerprint: processes },
  { type: 'process-pause', name: 'what a pattern finds', config: { pattern: 'shopd 36+00$' }, fingerprint: processes },
  {
    type: 'process-kill',
    name: 'the one of a pidfile, which is started again',
    config: { pidfile: '/run/shop.pid', grace: '0', start: `echo $$ >/run/shop.pid; exec ${directory}/shopd 3600` },
    fingerprint: processes,
  },
  {
    type: 'process-kill',
    name: 'all of a name, which are started again',
    config: {
      name: 'shopd',
      grace: '0',
      start: `for n in 1 2; do setsid ${directory}/shopd 3600 & done; echo $! >/run/shop.pid`,
    },
    fingerprint: processes,
  },
  { type: 'cpu-pressure', name: 'two workers', config: { workers: 2, nice: 5, lasts: '60s' }, fingerprint: load },
  {
    type: 'cpu-pressure',
    name: 'a share of the processors',
    config: { workers: 2, percent: 10, weight: 50, lasts: '60s' },
    fingerprint: load,
  },
  {
    type: 'disk-fill',
    name: 'to a share',
    config: { directory: '/run/disk', percent: 90 },
    fingerprint: 'ls -A /run/disk; df -k /run/disk',
  },
  {
    type: 'disk-fill',
    name: 'but for a rest',
    config: { directory: '/run/disk', leave: '1MiB' },
    fingerprint: 'ls -A /run/disk; df -k /run/disk',
  },
  { type: 'latency', name: 'of a service', config: { port: 8099, delay: '400ms' }, fingerprint: service },
  { type: 'http-error', name: 'of a service', config: { port: 8099, status: 502 }, fingerprint: service },
  {
    type: 'network-partition',
    name: 'all of a peer',
    config: { peers: ['192.0.2.7'] },
    fingerprint: 'nft -s list ruleset; ip route; ip -4 address',
  },
  {
    type: 'network-partition',
    name: 'ports of a network, a host and one of another family, outwards',
    config: { peers: ['198.51.100.0/24', '192.0.2.9', '2001:db8::7'], ports: [6379, 26379], direction: 'out' },
    fingerprint: 'nft -s list ruleset; ip route; ip -4 address',
  },
]

export const fingerprintOf = async (sandbox: Sandbox, at: FaultCase): Promise<string> => await sandbox.sh(at.fingerprint)
