import type { Check, CheckJudgement, CheckPlace, CheckResult, Sampling } from '../core/check.ts'
import type { Component } from '../core/component.ts'
import { OpsError } from '../core/errors.ts'
import type { Json } from '../core/json.ts'
import { ParamsError } from '../core/params.ts'
import { Deadline } from '../run/deadline.ts'
import { Answer } from './assert/answer.ts'
import { LookTimeout } from './endpoint-check.ts'
import { masked } from './masked.ts'
import type { Observation } from './observation.ts'
import { stoppedLook } from './stopped-look.ts'
import { fillIn, type Variables } from './suite-variables.ts'

/** Takes something out of an answer for later steps. */
export type Capture = (answer: Answer) => Json | undefined

/** A check among several that are made one after the other. */
export interface SuiteStep {
  readonly name: string
  readonly component: Component<'check'>
  /** With `${name}` where a variable stands. */
  readonly params: Json
  readonly captures: ReadonlyMap<string, Capture>
}

export interface Suite {
  readonly variables: Variables
  readonly steps: readonly SuiteStep[]
  /** Made whatever came of the steps, in order, all of them. */
  readonly cleanup: readonly SuiteStep[]
  /** Of all steps together, milliseconds. */
  readonly timeoutMs: number
}

/** What cleaning up may take when the time of the steps is over, or the run was interrupted. */
const cleanupMs = 15_000

/** Steps that share variables: each is a dimension, judged as bad as its worst; after a bad one the rest is not made. */
export function suiteCheck(title: string, suite: Suite): Check {
  const names = [...suite.steps, ...suite.cleanup].map(({ name }) => name)
  return { title, sampling: names.map(name => samplingOf(name, suite)), run: place => new SuiteRun(suite, place).run() }
}

const samplingOf = (dimension: string, { timeoutMs }: Suite): Sampling => ({
  dimension,
  intervalMs: 60_000,
  timeoutMs,
  retries: 0,
  failures: 1,
  of: 1,
})

class SuiteRun {
  readonly #suite: Suite
  readonly #place: CheckPlace
  #variables: Variables
  readonly #judgements: CheckJudgement[] = []
  readonly #evidence: string[] = []
  /** Often what lets one in. */
  readonly #captured = new Set<string>()

  constructor(suite: Suite, place: CheckPlace) {
    this.#suite = suite
    this.#place = place
    this.#variables = {
      ...suite.variables,
      run_id: `${place.clock.now().toString(36)}-${Math.floor(place.clock.monotonic() * 1000).toString(36)}`,
    }
  }

  async run(): Promise<CheckResult> {
    const { steps, cleanup, timeoutMs } = this.#suite
    const { clock, signal } = this.#place
    const start = clock.monotonic()
    try {
      await this.#within({ ms: timeoutMs, signal }, inner => this.#steps(steps, inner))
    } finally {
      // Neither the end of the steps' time nor an interrupt keeps it from cleaning up.
      const own = new AbortController().signal
      await this.#within({ ms: cleanupMs, signal: own }, inner => this.#cleanUp(cleanup, inner))
    }
    const bad =
      this.#judgements.find(({ verdict }) => verdict === 'fail') ??
      this.#judgements.find(({ verdict }) => verdict !== 'pass' && verdict !== 'na')
    return {
      verdict: bad?.verdict ?? 'pass',
      message: bad ? `${bad.dimension}: ${bad.message}` : `${steps.length} steps`,
      ...(bad?.reason && { reason: bad.reason }),
      metrics: { total_seconds: (clock.monotonic() - start) / 1000 },
      judgements: this.#judgements,
      evidence: masked(this.#evidence.join('\n'), this.#captured),
    }
  }

  async #within(
    limit: { readonly ms: number; readonly signal: AbortSignal },
    work: (signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    using deadline = new Deadline(this.#place.clock, { ...limit, reason: () => new LookTimeout(limit.ms) })
    await work(deadline.signal)
  }

  async #steps(steps: readonly SuiteStep[], signal: AbortSignal): Promise<void> {
    let failed: string | undefined
    for (const step of steps) {
      if (failed !== undefined) {
        this.#judgements.push({ dimension: step.name, verdict: 'na', message: `not made, because ${failed} failed` })
        continue
      }
      const judgement = await this.#judge(step, signal)
      this.#judgements.push(judgement)
      if (judgement.verdict === 'fail' || judgement.verdict === 'unknown') failed = step.name
    }
  }

  /** What could not be cleaned up is a warning: the thing that was checked is not worse for it. */
  async #cleanUp(steps: readonly SuiteStep[], signal: AbortSignal): Promise<void> {
    for (const step of steps) {
      const judgement = await this.#judge(step, signal)
      const isBad = judgement.verdict === 'fail' || judgement.verdict === 'unknown'
      this.#judgements.push(
        isBad ? { ...judgement, verdict: 'warn', message: `not cleaned up: ${judgement.message}` } : judgement,
      )
    }
  }

  async #judge(step: SuiteStep, signal: AbortSignal): Promise<CheckJudgement> {
    const { name, component, params, captures } = step
    const missing = new Set<string>()
    const filled = fillIn(params, this.#variables, missing)
    if (missing.size > 0) {
      const message = `nothing was captured for ${[...missing].join(', ')}`
      return { dimension: name, verdict: 'unknown', reason: 'missing', message }
    }
    if (signal.aborted) return { dimension: name, verdict: 'fail', reason: 'timeout', message: 'not made in time' }
    let observation: Observation | undefined
    const result = await this.#look(
      { component, filled },
      {
        ...this.#place,
        signal,
        observed: seen => {
          observation = seen as Observation
        },
      },
    )
    const { verdict, message, reason, metrics, evidence } = result
    if (evidence) this.#evidence.push(`${name}\n${evidence}`)
    const lost = verdict === 'pass' || verdict === 'warn' ? this.#capture(captures, observation) : undefined
    if (lost !== undefined)
      return { dimension: name, verdict: 'fail', reason: 'content', message: `nothing to capture for ${lost}` }
    const told = masked(message, this.#captured)
    return { dimension: name, verdict, message: told, ...(reason && { reason }), ...(metrics && { metrics }) }
  }

  async #look(step: { readonly component: Component<'check'>; readonly filled: Json }, place: CheckPlace): Promise<CheckResult> {
    try {
      return await step.component.build(step.filled).run(place)
    } catch (error) {
      // A variable can hold what the kind of check does not take.
      if (error instanceof ParamsError) return { verdict: 'fail', reason: 'content', message: error.message }
      // A secret that is not there.
      if (error instanceof OpsError && error.code === 'E_CONFIG')
        return { verdict: 'unknown', reason: 'unreadable', message: error.message }
      if (place.signal.aborted && this.#place.signal.aborted) return stoppedLook(this.#place.signal, 'stopped')
      throw error
    }
  }

  /** The name for which nothing was found. */
  #capture(captures: ReadonlyMap<string, Capture>, observation: Observation | undefined): string | undefined {
    if (captures.size === 0) return undefined
    const answer = observation && new Answer(observation)
    for (const [name, capture] of captures) {
      const value = answer && found(capture, answer)
      if (value === undefined) return name
      this.#variables = { ...this.#variables, [name]: value }
      if (typeof value === 'string') this.#captured.add(value)
    }
    return undefined
  }
}

function found(capture: Capture, answer: Answer): Json | undefined {
  try {
    return capture(answer)
  } catch {
    return undefined
  }
}
