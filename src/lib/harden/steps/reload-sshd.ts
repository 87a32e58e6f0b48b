import { z } from 'zod'
import { defineStep } from '../../core/component.ts'
import type { Json } from '../../core/json.ts'
import { jsonSchemaOf } from '../../core/json-schema.ts'
import { parseParams } from '../../core/params.ts'
import type { StepKind } from '../../core/plan.ts'
import { runScript } from '../../plan/steps/on-host.ts'
import { hostScript, scriptCommand } from '../../transport/host-script.ts'

const Params = z.strictObject({})

/**
 * Lets a running sshd read its configuration again: by systemd where it runs it, else by SIGHUP. Sessions stay. A configuration that
 * `sshd -t` refuses is never given to it. One that neither systemd nor a pid file knows is left alone and told: it may be another one, with
 * files of its own.
 */
export default defineStep({
  type: 'reload-sshd',
  version: '1.0.0',
  summary: 'sshd reads its configuration again',
  stability: 'beta',
  internal: true,
  schema: jsonSchemaOf(Params),
  example: {},
  build: config => reloadSshd(config),
})

function reloadSshd(config: Json): StepKind {
  parseParams(Params, config)
  const reload: StepKind['do'] = async place => void (await runScript(place, script, { args: [] }))
  return {
    describe: () => 'reload sshd',
    capture: async () => ({}),
    needed: () => true,
    diff: () => 'reload sshd\n',
    do: reload,
    verify: async () => undefined,
    async remark(place) {
      const unknown = (await runScript(place, unknownScript, { args: [] })).toString().trim()
      if (unknown === '') return undefined
      return `neither systemd nor a pid file knows the sshd that runs (process ${unknown}): it still has its old settings, restart it yourself`
    },
    doAlone() {
      const command = scriptCommand(script, [])
      return 'argv' in command ? [{ does: script.does, argv: command.argv }] : []
    },
  }
}

/** Sets `daemon`, `unit` where systemd runs it, else `pid` where its file names one that runs. */
const find = [
  'daemon=$(command -v sshd || command -v /usr/sbin/sshd || command -v /usr/local/sbin/sshd) || exit 0;',
  'unit=; pid=; case $(systemctl is-system-running 2>/dev/null) in ""|offline|unknown) ;;',
  '*) for name in ssh sshd; do if systemctl -q is-active "$name" 2>/dev/null; then unit=$name; fi; done;; esac;',
  'file=$("$daemon" -T 2>/dev/null | while read -r key value; do if [ "$key" = pidfile ]; then printf %s "$value"; fi; done); file=${file:-/run/sshd.pid};',
  'if [ -z "$unit" ] && [ -s "$file" ] && read -r found <"$file" && read -r name <"/proc/$found/comm" && [ "$name" = sshd ]; then pid=$found; fi;',
]

/** It listens again a moment after the signal, and writes the file with its number when it does. */
const script = hostScript(
  'reload sshd',
  ...find,
  'if [ -n "$unit" ]; then "$daemon" -t && systemctl reload "$unit" && sleep 1; exit; fi;',
  'if [ -n "$pid" ]; then "$daemon" -t && kill -HUP "$pid" || exit 1; sleep 1;',
  'for try in 1 2 3 4 5; do if [ -s "$file" ]; then exit 0; fi; sleep 1; done; echo "sshd did not come back" >&2; exit 1; fi',
)

/** Numbers of those that listen, where none of them is known; sessions name their user behind the colon. */
const unknownScript = hostScript(
  'look for an sshd that was not reloaded',
  ...find,
  'if [ -n "$unit$pid" ]; then exit 0; fi; for entry in /proc/[0-9]*; do if read -r name 2>/dev/null <"$entry/comm" && [ "$name" = sshd ]; then',
  'words=$(tr "\\000" " " 2>/dev/null <"$entry/cmdline"); case $words in /*|"sshd: /"*|"sshd "*) printf "%s " "${entry#/proc/}";; esac; fi; done',
)
