import { z } from 'zod'
import { defineStep } from '../../core/component.ts'
import { modeField, ownerField, pathField } from '../../core/host-fields.ts'
import type { Json } from '../../core/json.ts'
import { jsonSchemaOf } from '../../core/json-schema.ts'
import { parseParams } from '../../core/params.ts'
import { StepError, type StepKind, type StepPlace } from '../../core/plan.ts'
import { runScript } from '../../plan/steps/on-host.ts'
import { type HostScript, hostScript, scriptCommand } from '../../transport/host-script.ts'

const Params = z.strictObject({ path: pathField(), mode: modeField(), owner: ownerField() })

const Before = z.object({
  /** `640/0/42/root/shadow`: mode, user and group by number and by name. */
  state: z.string(),
})

/** Mode and owner of what is there, its content never read: a write-file would keep hashes of passwords in the journal. Links are followed. */
export default defineStep({
  type: 'permissions',
  version: '1.0.0',
  summary: 'mode and owner of a file or directory that exists',
  stability: 'beta',
  internal: true,
  schema: jsonSchemaOf(Params),
  example: { path: '/etc/shadow', mode: '0640', owner: 'root:shadow' },
  build: config => permissions(config),
})

function permissions(config: Json): StepKind {
  const { path, mode, owner } = parseParams(Params, config)
  const look = (place: StepPlace): Promise<string> => lookAt(place, path)
  const wanted = Number.parseInt(mode, 8).toString(8)
  const [user, group] = owner.split(':')
  const isWanted = (state: string): boolean => {
    const [bits, , , userNow, groupNow] = state.split('/')
    return bits === wanted && userNow === user && groupNow === group
  }
  const stateOf = (before: Json): string => Before.parse(before).state
  return {
    describe: () => `give ${path} the mode ${mode} and the owner ${owner}`,
    capture: async place => ({ state: await look(place) }),
    needed: before => !isWanted(stateOf(before)),
    diff(before) {
      const [bits = '', , , userNow, groupNow] = stateOf(before).split('/')
      return `${path}: ${bits} ${userNow}:${groupNow} -> ${wanted} ${owner}\n`
    },
    async do(place, before) {
      const [bits = '', uid = '', gid = ''] = stateOf(before).split('/')
      await runScript(place, setScript(path), { args: [path, mode, owner, `${bits}/${uid}/${gid}`] })
    },
    async verify(place) {
      const now = await look(place)
      if (!isWanted(now)) throw new StepError(`${path} is ${now}`)
    },
    undo: async (place, before) => void (await runScript(place, setScript(path), { args: wayBack(path, stateOf(before)) })),
    async demandOwn(place, before) {
      const now = await look(place)
      if (isWanted(now) || now === stateOf(before)) return
      throw new StepError(`mode or owner of ${path} was changed after this change: it is ${now}`)
    },
    async verifyUndone(place, before) {
      const now = await look(place)
      if (now !== stateOf(before)) throw new StepError(`${path} is ${now}, was ${stateOf(before)}`)
    },
    undoAlone(before) {
      const script = setScript(path)
      const command = scriptCommand(script, wayBack(path, stateOf(before)))
      return 'argv' in command ? [{ does: script.does, argv: command.argv }] : []
    },
  }
}

async function lookAt(place: StepPlace, path: string): Promise<string> {
  const script = hostScript(`look at ${path}`, 'stat -L -c %a/%u/%g/%U/%G -- "$1"')
  return (await runScript(place, script, { args: [path] })).toString().trim()
}

function wayBack(path: string, state: string): string[] {
  const [bits = '', uid = '', gid = ''] = state.split('/')
  return [path, bits, `${uid}:${gid}`, '']
}

/** Gives $1 the mode $2 and the owner $3, unless it is not as $4 says. The owner goes first: changing it takes special bits away. */
const setScript = (path: string): HostScript =>
  hostScript(
    `set mode and owner of ${path}`,
    'if [ -n "$4" ] && [ "$(stat -L -c %a/%u/%g -- "$1")" = "$4" ] || [ -z "$4" ]; then chown -- "$3" "$1" && chmod -- "$2" "$1";',
    'else echo "it was changed since it was looked at" >&2; exit 1; fi',
  )
