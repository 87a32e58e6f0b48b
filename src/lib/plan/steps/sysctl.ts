import { z } from 'zod'
import { defineStep } from '../../core/component.ts'
import type { Json } from '../../core/json.ts'
import { jsonSchemaOf } from '../../core/json-schema.ts'
import { parseParams } from '../../core/params.ts'
import { StepError, type StepKind, type StepPlace } from '../../core/plan.ts'
import { type HostScript, hostScript } from '../../transport/host-script.ts'
import { demandOwn, demandRestored, restoreFile, restoreFileAlone, writeOver } from './file-changes.ts'
import { contentDifference } from './file-difference.ts'
import { captureFile, contentOf, FileImage, lookAgain, sha256Of } from './file-image.ts'
import { loneScript, runScript, type ScriptInput } from './on-host.ts'

const Params = z.strictObject({
  key: z
    .string()
    .regex(/^[a-z0-9_-]+([./][A-Za-z0-9_:@-]+)+$/, 'is not the name of a setting, such as net.ipv4.ip_forward')
    .describe('name of the setting; a dot inside an interface name is written as /'),
  value: z.union([z.string().regex(/^[^\0\n]+$/), z.int()]),
  persist: z.boolean().default(false).describe('also write /etc/sysctl.d/60-opsctl-KEY.conf, for the next boot'),
})

const Before = z.object({ value: z.string(), file: FileImage.optional() })

/** A kernel setting. An undo writes the value back that it had, and puts the file back. */
export default defineStep({
  type: 'sysctl',
  version: '1.0.0',
  summary: 'kernel setting, now and with persist after a boot',
  stability: 'beta',
  schema: jsonSchemaOf(Params),
  example: { key: 'net.ipv4.ip_forward', value: 1, persist: true },
  build: config => sysctlStep(config),
})

function sysctlStep(config: Json): StepKind {
  const { key, value, persist } = parseParams(Params, config)
  const wanted = words(String(value))
  const content = Buffer.from(`# Written by opsctl.\n${key} = ${wanted}\n`)
  const hasContent = (file: FileImage | undefined): boolean => file === undefined || contentOf(file).equals(content)
  return {
    describe: () => `set ${key} to ${wanted}`,
    async capture(place) {
      const now = await read(place, key)
      if (!persist) return { value: now }
      const file = await captureFile(place, { path: `/etc/sysctl.d/60-opsctl-${key.replaceAll('/', ':')}.conf`, follow: true })
      return { value: now, file }
    },
    needed(before) {
      const { value: now, file } = Before.parse(before)
      return now !== wanted || !hasContent(file)
    },
    diff(before) {
      const { value: now, file } = Before.parse(before)
      return (now === wanted ? '' : `${key}: ${now} -> ${wanted}\n`) + (file ? contentDifference(file, content) : '')
    },
    async do(place, before) {
      const { value: now, file } = Before.parse(before)
      if (now !== wanted) await runScript(place, ...setting(key, wanted))
      if (file && !hasContent(file)) await writeOver(place, file, { content, parents: true })
    },
    async verify(place, before) {
      const now = await read(place, key)
      if (now !== wanted) throw new StepError(`${key} is ${now}`)
      const { file } = Before.parse(before)
      if (file && (await lookAgain(place, file)).sha256 !== sha256Of(content))
        throw new StepError(`${file.target} is not as written`)
    },
    async undo(place, before) {
      const { value: was, file } = Before.parse(before)
      await runScript(place, ...setting(key, was))
      if (file) await restoreFile(place, file)
    },
    async demandOwn(place, before) {
      const { file } = Before.parse(before)
      if (file) await demandOwn(place, file, content)
    },
    async verifyUndone(place, before) {
      const { value: was, file } = Before.parse(before)
      const now = await read(place, key)
      if (now !== was) throw new StepError(`${key} is ${now}, was ${was}`)
      if (file) await demandRestored(place, file)
    },
    undoAlone(before) {
      const { value: was, file } = Before.parse(before)
      return [loneScript(...setting(key, was)), ...(file ? [restoreFileAlone(file)] : [])]
    },
  }
}

async function read(place: StepPlace, key: string): Promise<string> {
  const script = hostScript(`read ${key}`, 'cat <"$1"')
  return words((await runScript(place, script, { args: [procPath(key)] })).toString())
}

/** Writing some settings resets others, so none is written that has its value. */
function setting(key: string, value: string): [HostScript, ScriptInput] {
  const script = hostScript(
    `set ${key}`,
    'set -f; file=$1 value=$2; now=$(cat <"$file") || exit 1; set -- $now; if [ "$*" = "$value" ]; then exit 0; fi;',
    'printf "%s\\n" "$value" >"$file"',
  )
  return [script, { args: [procPath(key), value] }]
}

/** As sysctl(8) reads names: the first of `.` and `/` separates, the other stands for it inside a part. */
export function procPath(key: string): string {
  const slashes = key.search(/[./]/) === key.indexOf('/')
  const path = slashes ? key : key.replace(/[./]/g, sign => (sign === '.' ? '/' : '.'))
  return `/proc/sys/${path}`
}

/** Several numbers stand with tabs between them in the kernel, with blanks in what people write. */
const words = (text: string): string => text.trim().replace(/\s+/g, ' ')
