import { z } from 'zod'
import type { Check, CheckPlace, CheckResult } from '../../core/check.ts'
import { defineCheck } from '../../core/component.ts'
import { pathField } from '../../core/host-fields.ts'
import type { Json } from '../../core/json.ts'
import { jsonSchemaOf } from '../../core/json-schema.ts'
import { parseParams } from '../../core/params.ts'
import { TransportError } from '../../core/transport.ts'
import { hostScript, lastWords, scriptCommand, scriptOutput } from '../../transport/host-script.ts'

const File = z.strictObject({
  path: pathField().describe('where the file is to go'),
  contentBase64: z.base64(),
  run: z.array(z.string()).min(1).describe('words of the command; {} is the path of the copy'),
})

const Params = z.strictObject({
  files: z.array(File),
  of: z.record(z.string(), z.array(z.int().min(0))).describe('which of the files a host gets, by its name'),
})

/** How long a command may judge a file, milliseconds. */
const judgeMs = 60_000
const maxOutputBytes = 1024 ** 2

/** Puts a copy of a file where nobody but the user of the change sees it, lets a command of the host judge it, and removes it. */
export default defineCheck({
  type: 'staged-file',
  version: '1.0.0',
  summary: 'copy of a file that a command of the host judges before the file itself is touched',
  stability: 'beta',
  internal: true,
  schema: jsonSchemaOf(Params),
  example: { files: [{ path: '/etc/motd', contentBase64: 'aGkK', run: ['test', '-s', '{}'] }], of: { localhost: [0] } },
  build: config => stagedFile(config),
})

function stagedFile(config: Json): Check {
  const { files, of } = parseParams(Params, config)
  return {
    title: 'the new files are valid',
    async run(place) {
      const { name } = place.transport.host
      const indexes = Object.hasOwn(of, name) ? (of[name] ?? []) : []
      const judged: string[] = []
      for (const index of indexes) {
        const file = files[index]
        const result = file && (await judge(place, file))
        if (result && result.verdict !== 'pass') return result
        if (file) judged.push(file.path)
      }
      return { verdict: 'pass', message: judged.length === 0 ? 'nothing to judge here' : `${judged.join(', ')}: valid` }
    },
  }
}

/** stdin becomes a file named $1 in a new private directory; the other words are the command that judges it. */
const judgeCopy = hostScript(
  'judge the new file',
  'umask 077; name=$1; shift; directory=$(mktemp -d) || exit 125;',
  'trap \'rm -rf -- "$directory"\' EXIT; trap "exit 129" HUP; trap "exit 130" INT; trap "exit 143" TERM;',
  'file=$directory/$name; cat >"$file" || exit 125; count=$#;',
  'while [ "$count" -gt 0 ]; do word=$1; shift; ready=;',
  'while :; do case $word in *"{}"*) ready=$ready${word%%"{}"*}$file; word=${word#*"{}"};; *) break;; esac; done;',
  'set -- "$@" "$ready$word"; count=$((count - 1)); done;',
  '"$@" </dev/null',
)

async function judge(
  { transport, signal, sudo }: CheckPlace,
  { path, contentBase64, run }: z.output<typeof File>,
): Promise<CheckResult> {
  const command = scriptCommand(judgeCopy, [path.slice(path.lastIndexOf('/') + 1), ...run])
  const stdin = Buffer.from(contentBase64, 'base64')
  try {
    const output = await transport.run(command, { signal, timeoutMs: judgeMs, maxOutputBytes, stdin, ...(sudo && { sudo }) })
    if (output.ended) return { verdict: 'unknown', message: `${path}: could not be judged: ${output.message || output.ended}` }
    if (output.code === 0 && scriptOutput(output) !== undefined) return { verdict: 'pass', message: `${path}: valid` }
    const said = lastWords({ stderr: Buffer.concat([scriptOutput(output) ?? Buffer.of(), output.stderr]) }, 5)
    const how = output.code === null ? `SIG${output.signal}` : `status ${output.code}`
    return { verdict: 'fail', message: `${path}: ${run[0]} refuses it (${how})${said && `: ${said}`}` }
  } catch (error) {
    if (!(error instanceof TransportError)) throw error
    return { verdict: 'unknown', message: `${path}: could not be judged: ${error.message}` }
  }
}
