import { z } from 'zod'
import { defineStep } from '../../core/component.ts'
import type { Json } from '../../core/json.ts'
import { jsonSchemaOf } from '../../core/json-schema.ts'
import { parseParams } from '../../core/params.ts'
import { StepError, type StepKind, type StepPlace } from '../../core/plan.ts'
import { splitFields } from '../../transport/host-script.ts'
import { PackageChange, readAptPlan, wayBack } from './apt-plan.ts'
import { demandFields, runScript } from './on-host.ts'
import { listPackages, lookAtPackage, runApt, runDnf, settleDpkg, simulateApt } from './package-scripts.ts'

const Params = z
  .strictObject({
    name: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9+._:-]*$/, 'is not the name of a package, such as nginx')
      .describe('name of the package'),
    state: z.enum(['present', 'absent']).default('present'),
    version: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9+.:~^_-]*$/, 'is not a version, such as 1.22.1-9')
      .optional()
      .describe('exactly this version; any will do when absent'),
  })
  .refine(({ state, version }) => version === undefined || state === 'present', { error: 'has a version, but is to be absent' })

const Before = z.object({
  manager: z.string(),
  /** Empty when it is not installed. */
  version: z.string(),
  /** All that apt would do, in its own words before anything is done. */
  changes: z.array(PackageChange),
  /** Some of what would come was here before and left its configuration. */
  leftovers: z.boolean(),
})
type Before = z.output<typeof Before>

/**
 * A package of apt, dnf or yum. An undo removes what came, dependencies included, and installs again what went, in the version that was
 * there, as long as a repository has it; it removes nothing that is not part of this change.
 */
export default defineStep({
  type: 'package',
  version: '1.0.0',
  summary: 'package of apt or dnf that is installed, in a given version, or removed',
  stability: 'beta',
  schema: jsonSchemaOf(Params),
  example: { name: 'nginx' },
  build: config => packageStep(config),
})

function packageStep(config: Json): StepKind {
  const { name, state, version } = parseParams(Params, config)
  const verb = state === 'present' ? 'install' : 'remove'
  const fits = (installed: string): boolean =>
    state === 'absent' ? installed === '' : version === undefined ? installed !== '' : sameVersion(installed, version)
  return {
    describe: () => `${verb} the package ${name}${version ? ` ${version}` : ''}`,
    async capture(place) {
      const now = await look(place, { name, verb: '' })
      return fits(now.version) ? now : look(place, { name, verb, version })
    },
    needed: before => !fits(Before.parse(before).version),
    diff(before) {
      const { version: now, manager, changes } = Before.parse(before)
      if (manager === 'apt') return changes.map(difference).join('')
      return fits(now) ? '' : difference({ name, from: now || null, to: state === 'present' ? (version ?? 'newest') : null })
    },
    async do(place, before) {
      const does = `${verb} ${name}`
      const { manager } = Before.parse(before)
      if (manager === 'apt') await runScript(place, runApt(does), { args: [verb, '--', name + (version ? `=${version}` : '')] })
      else await runScript(place, runDnf(does), { args: [verb, name, version ?? ''] })
    },
    async verify(place) {
      const { version: now } = await look(place, { name, verb: '' })
      if (!fits(now)) throw new StepError(`${name} is ${now || 'not installed'}`)
    },
    async undo(place, before) {
      const was = Before.parse(before)
      if (was.manager === 'apt') return undoApt(place, was)
      const { version: now } = await look(place, { name, verb: '' })
      if (now === was.version) return
      await runScript(place, runDnf(`take ${name} back`), { args: [was.version ? 'install' : 'remove', name, was.version] })
    },
    async verifyUndone(place, before) {
      const was = Before.parse(before)
      const { version: now } = await look(place, { name, verb: '' })
      if (now !== was.version) throw new StepError(`${name} is ${now || 'not installed'}, was ${was.version || 'not installed'}`)
      const [left] = was.manager === 'apt' ? await stillChanged(place, was.changes) : []
      if (left) throw new StepError(`${left.name} is not as before`)
    },
  }
}

async function look(place: StepPlace, wish: { name: string; verb: string; version?: string | undefined }): Promise<Before> {
  const script = lookAtPackage(wish.name)
  const printed = await runScript(place, script, { args: [wish.name, wish.verb, wish.version ?? ''] })
  const [manager = '', version = '', plan = ''] = demandFields(splitFields(printed, 3), script).fields
  const changes = readAptPlan(plan)
  const states = [...(await statesOf(place, changes)).values()]
  return { manager, version, changes, leftovers: states.some(([status = '']) => status.endsWith('c')) }
}

/** In one transaction, after apt was asked what it would do: nothing that is not part of the change is removed. */
async function undoApt(place: StepPlace, { changes, leftovers }: Before): Promise<void> {
  const left = await stillChanged(place, changes)
  if (left.length === 0) return
  await runScript(place, settleDpkg, { args: [] })
  // What came new goes with its configuration.
  const args = ['install', ...(leftovers ? [] : ['--purge']), '--', ...wayBack(left)]
  const planned = readAptPlan((await runScript(place, simulateApt, { args })).toString())
  const ours = new Set(changes.map(change => change.name))
  const foreign = planned.filter(change => change.to === null && !ours.has(change.name)).map(change => change.name)
  if (foreign.length > 0)
    throw new StepError(`${foreign.join(', ')} would go too: installed since, and in need of what would be removed`)
  await runScript(place, runApt('bring the packages back'), { args })
}

/** The changes that were done and not taken back. A package that is half-installed counts as changed. */
async function stillChanged(place: StepPlace, changes: readonly PackageChange[]): Promise<PackageChange[]> {
  const states = await statesOf(place, changes)
  return changes.filter(({ name, from }) => {
    const [status = 'un', version] = states.get(plainName(name)) ?? []
    return from === null ? !/^.[nc]/.test(status) : !(status.startsWith('ii') && version === from)
  })
}

/** Status (`ii`, `rc`, …) and version by name, of those that dpkg knows. */
async function statesOf(place: StepPlace, changes: readonly PackageChange[]): Promise<ReadonlyMap<string, readonly string[]>> {
  if (changes.length === 0) return new Map()
  const printed = await runScript(place, listPackages, { args: changes.map(({ name }) => name) })
  const lines = printed.toString().split('\n')
  return new Map(lines.map(line => line.split(/\s+/)).map(([name = '', ...state]) => [plainName(name), state]))
}

/** Without the architecture. */
const plainName = (name: string): string => name.replace(/:.*/, '')

/** dnf names the release too: `1.22` asks for any release of it. */
const sameVersion = (installed: string, wanted: string): boolean => installed === wanted || installed.startsWith(`${wanted}-`)

const difference = ({ name, from, to }: PackageChange): string => `${name}: ${from ?? 'absent'} -> ${to ?? 'absent'}\n`
