import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { defineStep } from '../../core/component.ts'
import { sizeField } from '../../core/fields.ts'
import { pathField } from '../../core/host-fields.ts'
import type { Json } from '../../core/json.ts'
import { jsonSchemaOf } from '../../core/json-schema.ts'
import { parseParams } from '../../core/params.ts'
import { StepError, type StepKind } from '../../core/plan.ts'
import { formatSize } from '../../core/size.ts'
import { loneScript, runScript } from '../../plan/steps/on-host.ts'
import { allFields, hostScript } from '../../transport/host-script.ts'
import { missingOn } from '../host-needs.ts'

const Params = z
  .strictObject({
    directory: pathField().describe('directory on the file system that is to be filled'),
    percent: z.number().min(1).max(100).optional().describe('of the file system that is in use then'),
    leave: sizeField().optional().describe('room that is left, such as 100MiB'),
    'even-root': z.boolean().default(false).describe('also the last 512 MiB of the file system of /'),
  })
  .refine(({ percent, leave }) => (percent === undefined) !== (leave === undefined), { error: 'needs one of percent and leave' })

const Before = z.object({ file: z.string(), bytes: z.number() })

/** Without them nobody could log in any more to help. */
const rootReserve = 512 * 1024 ** 2

const look = (directory: string) =>
  hostScript(
    `look at ${directory}`,
    '[ -d "$1" ] || { echo "there is no such directory" >&2; exit 1; }; [ -w "$1" ] || { echo "permission denied" >&2; exit 1; };',
    'set -- "$(stat -f -c "%S %b %a" -- "$1")" "$(stat -c %d -- "$1")" "$(stat -c %d /)";',
    '[ -n "$1" ] && printf "%s\\0" "$1" "$2" "$3"',
  )

const fill = (directory: string) =>
  hostScript(
    `fill ${directory}`,
    'umask 077; if command -v fallocate >/dev/null && fallocate -l "$2" -- "$1" 2>/dev/null; then exit 0; fi;',
    'head -c "$2" /dev/zero >"$1"',
  )

const measure = hostScript('look at the fill file', 'if [ -e "$1" ]; then stat -c "%b" -- "$1"; else echo 0; fi')
const remove = hostScript('remove the fill file', 'rm -f -- "$1"')

/** A file that takes the room of others. */
export default defineStep({
  type: 'disk-fill',
  version: '1.0.0',
  summary: 'file system that is full but for a rest',
  stability: 'beta',
  internal: true,
  schema: jsonSchemaOf(Params),
  example: { directory: '/var/lib/redis', percent: 95 },
  build: config => diskFill(config),
})

function diskFill(config: Json): StepKind {
  const params = parseParams(Params, config)
  const { directory } = params
  const undone = (before: Json) => ({ args: [Before.parse(before).file] })
  return {
    describe: () =>
      `fill ${directory} ${params.leave === undefined ? `to ${params.percent} %` : `but for ${formatSize(params.leave)}`}`,
    needs: place => missingOn(place, 'disk-fill'),
    async capture(place) {
      const [figures = '', device, root] = allFields(await runScript(place, look(directory), { args: [directory] }))
      const [block, blocks, free] = figures.split(' ').map(Number)
      if (!block || !blocks || free === undefined) throw new StepError(`could not look at ${directory}: it has no size`)
      const rest = params.leave ?? (block * blocks * (100 - (params.percent ?? 0))) / 100
      const bytes = Math.floor(block * free - rest)
      if (bytes <= 0) throw new StepError(`${directory} has only ${formatSize(block * free)} left already`)
      if (device === root && rest < rootReserve && !params['even-root'])
        throw new StepError(
          `${directory} is on the file system of /, which would have ${formatSize(rest)} left: say even-root: true`,
        )
      return { file: `${directory}/.opsctl-fill-${randomBytes(8).toString('hex')}`, bytes }
    },
    needed: () => true,
    diff: before => `${Before.parse(before).file}: ${formatSize(Before.parse(before).bytes)}\n`,
    async do(place, before) {
      const { file, bytes } = Before.parse(before)
      await runScript(place, fill(directory), { args: [file, String(bytes)] })
    },
    async verify(place, before) {
      const { file, bytes } = Before.parse(before)
      const taken = Number((await runScript(place, measure, { args: [file] })).toString()) * 512
      // A file system that compresses takes no room for zeros.
      if (taken < bytes * 0.95) throw new StepError(`${file} takes ${formatSize(taken)} and not ${formatSize(bytes)}`)
    },
    undo: async (place, before) => void (await runScript(place, remove, undone(before))),
    async verifyUndone(place, before) {
      const { file } = Before.parse(before)
      if (Number((await runScript(place, measure, { args: [file] })).toString()) > 0)
        throw new StepError(`${file} is still there`)
    },
    undoAlone: before => [loneScript(remove, undone(before))],
  }
}
