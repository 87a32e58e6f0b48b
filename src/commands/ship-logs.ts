import { defineCommand } from '../lib/core/command.ts'
import { shipLogs, shipOptions } from '../lib/logs/index.ts'

export default defineCommand({
  path: ['ship-logs'],
  summary: 'read logs, shape and watch their records, and deliver them',
  description: `Reads each file once, whole, in the order given, and writes one record a line to stdout. The format of each file is found out from its first lines, or named by --format. A line that does not fit is kept as {"raw": …, "error": why}; none is dropped but blank ones. With -v it says at the end how many lines there were, and how many did not fit and why; -o json=FILE has the same as data.

Numbers are numbers, a dash for "no value" is left out, times are RFC 3339 where the line says enough. A file that can not be read is told, and the others go on (exit 1).

With --follow it goes on at the end of the files, over rotations. With -t the files are those of hosts: they come over SSH, nothing is installed there, and each record has the field host.

With -f the file of a pipeline says what is read and where it goes: files over rotations, other hosts over SSH, shaping, rules and alerts, sinks that acknowledge. It remembers where every sink was, so that the next run goes on there; with --follow it goes on until it is told to stop, and SIGHUP reads the file anew. With --listen it tells Prometheus what it read, delivered and lost at /metrics, and at /health whether all is well.`,
  input: shipOptions,
  exits: [0, 1, 2, 3, 69, 74, 75, 77, 78, 124, 129, 130, 141, 143],
  examples: [
    { line: 'ship-logs /var/log/nginx/access.log', does: 'its records, the format found out' },
    { line: 'ship-logs -v access.log access.log.1 access.log.2.gz', does: 'compressed ones too, and what came of each' },
    {
      line: `ship-logs --format nginx:'$remote_addr [$time_local] "$request" $status $request_time' access.log`,
      does: 'a log_format of your own',
    },
    { line: 'ship-logs -t @web --follow --start end /var/log/app.log', does: 'what is written from now on, on every host' },
    { line: 'ship-logs -f pipeline.yaml --follow', does: 'collects and delivers until it is stopped' },
    {
      line: 'ship-logs -f pipeline.yaml --follow --listen 127.0.0.1:9116',
      does: 'and answers Prometheus at /metrics, others at /health',
    },
    { line: 'ship-logs - -o json=summary.json', does: 'stdin; what came of it goes to a file' },
  ],
  run: shipLogs,
})
