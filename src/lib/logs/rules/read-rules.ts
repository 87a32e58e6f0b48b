import { type AlertingConfig, loadAlerts } from '../../alert/index.ts'
import type { Context } from '../../core/context.ts'
import { OpsError } from '../../core/errors.ts'
import type { RulePlan } from '../pipeline/stages.ts'
import { type RulesFile, readRuleList } from './file/read-rule-list.ts'
import { openRules } from './watch/open-rules.ts'

/**
 * Reads the rules of a pipeline, and the file that says who is told of what; undefined where there are no rules. What is wrong with rules is
 * noted with the file of the pipeline, what is wrong with the other file with both. Nothing is opened, and no secret is read.
 */
export async function readRules(
  file: RulesFile,
  context: Pick<Context, 'program' | 'component' | 'paths'>,
): Promise<RulePlan | undefined> {
  const list = readRuleList(file)
  if (list === undefined) return undefined
  const { rules, alertsFile } = list
  const alerts = alertsFile === undefined ? undefined : await alertsOf(file, () => loadAlerts(context, alertsFile))
  const config: AlertingConfig | undefined = alerts?.config
  return {
    warnings: alerts?.warnings.map(({ message, place }) => `${place}: ${message}`) ?? [],
    open: place => openRules(place, { rules, sources: file.sources, ...(config && { config }) }),
  }
}

async function alertsOf<T>({ alerts }: RulesFile, load: () => Promise<T>): Promise<T | undefined> {
  try {
    return await load()
  } catch (error) {
    if (!(error instanceof OpsError)) throw error
    return alerts.wrong(error.message, { hint: error.hint })
  }
}
