import { z } from 'zod'
import type { Reading } from '../../core/check.ts'
import { notThere } from '../file-reading.ts'
import { defineHostCheck, seenIn } from '../host-check.ts'
import { limitsOr, passedLimit } from '../limits.ts'

const limit = z.int().min(0).optional()

const Params = z.strictObject({
  ignore: z.array(z.string().min(1)).default([]).describe('services that may fail, such as apt-daily.service'),
  warn: limit.describe('more is a warning'),
  fail: limit.describe('more is a failure; none may fail when neither is given'),
})

const failed: Reading = {
  does: 'list the failed services',
  script:
    'if [ -d /run/systemd/system ]; then said=$(limit 5 systemctl list-units --failed --plain --no-legend --no-pager 2>&1 >&3 3>&-); ' +
    'elif [ -d /run/openrc ]; then for mark in /run/openrc/failed/*; do if [ -e "$mark" ] || [ -h "$mark" ]; then echo "${mark##*/}"; fi; done; ' +
    `else return ${notThere}; fi`,
  inline: true,
}

/** Services that systemd or OpenRC calls failed. Other init systems keep no such list. */
export default defineHostCheck({
  type: 'failed-services',
  summary: 'no service has failed',
  example: { ignore: ['apt-daily.service'] },
  params: Params,
  title: () => 'no service has failed',
  readings: () => [failed],
  judge(params, found) {
    const listed = seenIn(found, failed)
    if (listed === undefined) return { verdict: 'na', message: 'nothing there keeps a list of failed services' }
    const ignored = (name: string): boolean => params.ignore.some(one => name === one || name === `${one}.service`)
    // Some systemd put a dot before each even where they are asked for plain lines.
    const names = listed.split('\n').flatMap(line => /^[^\w]*([\w@.:\\-]+)/.exec(line)?.[1] ?? [])
    const bad = names.filter(name => !ignored(name))
    const metrics = { failed_services: bad.length }
    const passed = passedLimit(limitsOr(params, { fail: 0 }), most => bad.length > most)
    const first = bad.slice(0, 5).join(', ')
    const message = bad.length === 0 ? 'no service has failed' : `${bad.length} failed: ${first}${bad.length > 5 ? ' …' : ''}`
    return {
      verdict: passed?.verdict ?? 'pass',
      ...(passed && { reason: 'state' }),
      message,
      metrics,
      ...(bad.length > 5 && { evidence: `${bad.join('\n')}\n` }),
    }
  },
})
