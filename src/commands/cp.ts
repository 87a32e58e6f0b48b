import { copy, copyOptions, copyRequest } from '../lib/copy/index.ts'
import { defineCommand } from '../lib/core/command.ts'
import { maxFailures, openFleet } from '../lib/fleet/index.ts'

export default defineCommand({
  path: ['cp'],
  summary: 'copy files and directories to many hosts, or from them',
  description: `Paths on the hosts start with a colon; relative ones start at the login directory. As with scp, nobody is asked before files on the hosts are replaced: --dry-run lists what would be.

To the hosts: into DST where it is a directory or ends in a slash, else under the name DST. From the hosts: into DST/HOST/, or with --flat and one host as above. A source is called by its last name; the content of a source that ends in /. goes into DST itself.

Every file is compared by SHA-256 and mode first, and only what differs is copied: outcome ok where nothing did. It arrives in a private directory beside the destination, is checked there, and replaces the old file by one rename. Modes and times are kept. A symbolic link that is named as a source is followed, others are copied as links; one that stands where a file is to come is replaced. Special files are refused. From the hosts no set-user-id bit is taken over, and nothing is written through a symbolic link.`,
  input: copyOptions,
  mutates: true,
  exits: [0, 1, 2, 3, 69, 74, 77, 78, 124, 130],
  examples: [
    { line: 'cp -t @web nginx.conf conf.d :/etc/nginx/', does: 'a file and a directory into a directory on every host' },
    { line: 'cp -t @web --sudo --owner root:root motd :/etc/motd', does: 'under a new name, as root' },
    { line: 'cp -t @web --dry-run site/. :/var/www/', does: 'what differs from the content of a local directory' },
    { line: 'cp -t @web :/var/log/nginx/error.log logs/', does: 'from every host to logs/HOST/error.log' },
    { line: 'cp -t db1 --flat :/etc/my.cnf my.cnf.db1', does: 'from one host under a new name' },
  ],
  async run(context, input) {
    const request = await copyRequest(context, input)
    await using fleet = await openFleet(context, input)
    // Awaited here: otherwise the connections would be closed while the run goes on.
    return await copy(context, {
      fleet,
      request,
      concurrency: input.concurrency,
      maxFailures: maxFailures(input.maxFail, fleet.hosts.length),
    })
  },
})
