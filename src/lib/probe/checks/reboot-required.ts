import { z } from 'zod'
import type { Reading } from '../../core/check.ts'
import { defineHostCheck, textIn } from '../host-check.ts'

const Params = z.strictObject({})

const look: Reading = {
  does: 'look whether a restart is due',
  script:
    'if [ -e /run/reboot-required ] || [ -e /var/run/reboot-required ]; then echo required; cat /run/reboot-required.pkgs 2>/dev/null; return 0; fi; ' +
    // Where updates take the modules of the running kernel away, nothing more can be loaded.
    'read -r kernel </proc/sys/kernel/osrelease || return 1; for map in /lib/modules/*/modules.dep; do if [ -e "$map" ]; then if [ -e "/lib/modules/$kernel" ]; then echo current; else echo "replaced $kernel"; fi; return 0; fi; done; ' +
    'if [ -e /etc/debian_version ]; then echo current; else echo silent; fi',
  inline: true,
}

/** Updates that wait for a restart: Debian and its relatives say so, elsewhere the modules of the running kernel are gone. */
export default defineHostCheck({
  type: 'reboot-required',
  summary: 'no update waits for a restart',
  example: {},
  params: Params,
  title: () => 'no update waits for a restart',
  readings: () => [look],
  judge(_, found) {
    const [word = '', ...packages] = textIn(found, look).trim().split('\n')
    if (word === 'required') {
      const names = [...new Set(packages)]
      const whose = names.length === 0 ? '' : `: ${names.slice(0, 5).join(', ')}${names.length > 5 ? ' …' : ''}`
      return { verdict: 'warn', reason: 'state', message: `updates wait for a restart${whose}` }
    }
    if (word.startsWith('replaced '))
      return { verdict: 'warn', reason: 'state', message: `the running kernel ${word.slice(9)} was replaced` }
    if (word === 'current') return { verdict: 'pass', message: 'no update waits for a restart' }
    return { verdict: 'na', message: 'the host does not tell whether a restart is due' }
  },
})
