import { existsSync } from 'node:fs'
import type { Program } from '../core/command.ts'
import { OpsError } from '../core/errors.ts'
import { globals } from './globals.ts'
import { type ConfigValues, isInFile, type Layered, layer, problemsOf } from './layers.ts'
import { readConfigFile } from './load.ts'
import { outputTargets } from './output-targets.ts'

/** What is to be said of one configuration file. */
export interface FileJudgement {
  readonly path: string
  readonly exists: boolean
  readonly settings: number
  readonly problems: readonly OpsError[]
}

interface JudgeOptions {
  readonly program: Program
  readonly uid: number
}

/** Reads each file as every command would, and tells all that is wrong in it, in the order of its lines. */
export async function judgeConfigFiles(paths: readonly string[], options: JudgeOptions): Promise<FileJudgement[]> {
  return Promise.all(paths.map(path => judge(path, options)))
}

async function judge(path: string, options: JudgeOptions): Promise<FileJudgement> {
  if (!existsSync(path)) return { path, exists: false, settings: 0, problems: [] }
  const { values, problems } = readConfigFile(path, options)
  const all = [...problems, ...(await valueProblems(values, options.program))]
  const byMessage = new Map(all.map(problem => [problem.message, problem]))
  return { path, exists: true, settings: values.size, problems: [...byMessage.values()].sort((a, b) => lineOf(a) - lineOf(b)) }
}

/** What the schemas of the commands have against values. A setting for all is read by several: each sees the same problem. */
async function valueProblems(values: ConfigValues, program: Program): Promise<OpsError[]> {
  const problems: OpsError[] = []
  for (const entry of program.commands) {
    const layered = layer({ entry, program, raw: {}, env: {}, config: values })
    const { default: command } = await entry.load()
    problems.push(...problemsOf(globals, layered, program.globals), ...problemsOf(command.input, layered, entry.flags))
    problems.push(...outputProblems(layered, program))
  }
  return problems.filter(({ data }) => typeof data.origin === 'string' && isInFile(data.origin))
}

function outputProblems(layered: Layered, program: Program): OpsError[] {
  const parsed = globals.safeParse({ output: layered.values.output })
  try {
    if (parsed.success) outputTargets(parsed.data, { program, origin: layered.origins.output ?? '' })
    return []
  } catch (error) {
    if (error instanceof OpsError) return [error]
    throw error
  }
}

const lineOf = ({ message }: OpsError): number => Number(/:(\d+):\d+: /.exec(message)?.[1] ?? 0)
