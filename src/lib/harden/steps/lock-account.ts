import { z } from 'zod'
import { defineStep } from '../../core/component.ts'
import type { Json } from '../../core/json.ts'
import { jsonSchemaOf } from '../../core/json-schema.ts'
import { parseParams } from '../../core/params.ts'
import { StepError, type StepKind, type StepPlace } from '../../core/plan.ts'
import { loneScript, runScript } from '../../plan/steps/on-host.ts'
import { type HostScript, hostScript } from '../../transport/host-script.ts'

const Params = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9_.@-]*\$?$/, 'is not the name of an account'),
})

const states = ['empty', 'locked', 'other', 'absent', 'broken'] as const
type State = (typeof states)[number]
const Before = z.object({ state: z.enum(states) })

/**
 * Locks an account whose password is empty. An undo makes it empty again, unless somebody gave it a password since: that is never taken
 * away. Only the state of a password is ever journalled.
 */
export default defineStep({
  type: 'lock-account',
  version: '1.0.0',
  summary: 'locks an account that has an empty password',
  stability: 'beta',
  internal: true,
  schema: jsonSchemaOf(Params),
  example: { name: 'guest' },
  build: config => lockAccount(config),
})

function lockAccount(config: Json): StepKind {
  const { name } = parseParams(Params, config)
  const stateOf = (before: Json): State => Before.parse(before).state
  const unlock = unlockScript(name)
  return {
    describe: () => `lock the account ${name}`,
    async capture(place) {
      const state = await look(place, name)
      // passwd(1) takes the line for none, and writes into /etc/passwd instead.
      if (state === 'broken') throw new StepError(`the line of ${name} in /etc/shadow does not have nine fields`)
      if (state === 'absent') throw new StepError(`${name} is not in /etc/shadow`)
      return { state }
    },
    needed: before => stateOf(before) === 'empty',
    diff: before => (stateOf(before) === 'empty' ? `${name}: empty password -> locked\n` : ''),
    do: async place => void (await runScript(place, lockScript(name), { args: [name] })),
    async verify(place) {
      const state = await look(place, name)
      if (state !== 'locked') throw new StepError(`${name} is not locked: its password is ${state}`)
    },
    undo: async place => void (await runScript(place, unlock, { args: [name] })),
    async demandOwn(place) {
      if ((await look(place, name)) === 'other') throw new StepError(`${name} was given a password after this change`)
    },
    async verifyUndone(place, before) {
      const state = await look(place, name)
      if (state === 'other') throw new StepError(`${name} was given a password after this change: it is not taken away`)
      if (state !== stateOf(before)) throw new StepError(`the password of ${name} is ${state}, was ${stateOf(before)}`)
    },
    undoAlone: () => [loneScript(unlock, { args: [name] })],
  }
}

async function look(place: StepPlace, name: string): Promise<State> {
  const script = hostScript(`look at the account ${name}`, stateFunction, 'state "$1" || exit 1; printf %s "$found"')
  const word = (await runScript(place, script, { args: [name] })).toString()
  return Before.shape.state.parse(word)
}

/** Sets `found`. A history of csh has no place for an exclamation mark. */
const stateFunction =
  'bang=$(printf "\\041"); state() { found=absent; while IFS= read -r line || [ -n "$line" ]; do case $line in "$1":*) rest=${line#*:}; hash=${rest%%:*};' +
  'if [ "$hash" = "$bang" ]; then found=locked; elif [ -n "$hash" ]; then found=other;' +
  'elif [ "$(printf %s "$line" | tr -dc : | wc -c)" -eq 8 ]; then found=empty; else found=broken; fi; break;; esac; done </etc/shadow; };'

const lockScript = (name: string): HostScript =>
  hostScript(
    `lock the account ${name}`,
    stateFunction,
    'PATH=$PATH:/usr/sbin:/sbin; state "$1" || exit 1; if [ $found = empty ]; then passwd -l "$1" >/dev/null; fi',
  )

const unlockScript = (name: string): HostScript =>
  hostScript(
    `make the password of ${name} empty again`,
    stateFunction,
    'PATH=$PATH:/usr/sbin:/sbin; state "$1" || exit 1; if [ $found = locked ]; then passwd -d "$1" >/dev/null; fi',
  )
