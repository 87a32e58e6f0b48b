import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { hostNamed } from '../../src/lib/core/host.ts'
import { defaultSampling, type ProbedCheck } from '../../src/lib/probe/probed-check.ts'
import { shareOfChecks } from '../../src/lib/probe/share-of-checks.ts'
import { isTold, type Unit, unitsOf } from '../../src/lib/probe/unit.ts'

const check: ProbedCheck['check'] = { title: 'is well', run: async () => ({ verdict: 'pass', message: 'well' }) }
const sampling = [{ dimension: 'http', ...defaultSampling }]

function probed(
  name: string,
  { on, dependsOn = [] }: { readonly on?: readonly string[]; readonly dependsOn?: readonly string[] },
) {
  const hosts = on?.map(each => hostNamed(each))
  return {
    name,
    type: 'http',
    check,
    sampling,
    labels: {},
    sla: 'P1' as const,
    recoveries: 1,
    dependsOn,
    ...(hosts && { hosts }),
  }
}

const textOf = ({ probed: { name }, host }: Unit): string => (host ? `${name}@${host.name}` : name)
const texts = (units: readonly Unit[]): string[] => units.map(textOf).sort()

/** Each depends on checks before it, as no circle is read from a file. */
const suites = fc
  .array(
    fc.record({
      on: fc.option(fc.uniqueArray(fc.integer({ min: 1, max: 6 }), { minLength: 1 }), { nil: undefined }),
      isEndpoint: fc.boolean(),
      parents: fc.array(fc.nat(), { maxLength: 2 }),
    }),
    { minLength: 1, maxLength: 12 },
  )
  .map(list => {
    const checks = list.map(({ on, parents }, at) =>
      probed(`check${at}`, {
        ...(on && { on: on.map(number => `web${number}`) }),
        dependsOn: at === 0 ? [] : [...new Set(parents.map(parent => `check${parent % at}`))],
      }),
    )
    const endpoints = new Set(list.flatMap(({ on, isEndpoint }, at) => (on === undefined || isEndpoint ? [`check${at}`] : [])))
    return { checks, endpoints }
  })

describe('the shares of checks', () => {
  test('tell everything once, wherever it is looked at', () => {
    fc.assert(
      fc.property(suites, fc.integer({ min: 1, max: 7 }), ({ checks, endpoints }, count) => {
        const told = Array.from({ length: count }, (_, at) =>
          shareOfChecks(checks, { shard: { index: at + 1, count }, endpoints })
            .flatMap(unitsOf)
            .filter(isTold),
        )
        expect(texts(told.flat())).toEqual(texts(checks.flatMap(unitsOf)))
      }),
    )
  })

  test('hold all that a check depends on, where it is looked at on the same host or, without one, anywhere', () => {
    fc.assert(
      fc.property(suites, fc.integer({ min: 1, max: 7 }), ({ checks, endpoints }, count) => {
        const looked = shareOfChecks(checks, { shard: { index: 1, count }, endpoints }).flatMap(unitsOf)
        const has = new Set(looked.map(textOf))
        for (const { host, probed } of looked) {
          for (const parent of probed.dependsOn) {
            const units = unitsOf(checks.find(({ name }) => name === parent) ?? probed)
            const there = units.filter(unit => host !== undefined && unit.host?.name === host.name)
            for (const unit of there.length > 0 ? there : units) expect(has).toContain(textOf(unit))
          }
        }
      }),
    )
  })

  test('leave the checks of a host together, since they are one connection, and deal out endpoints one by one', () => {
    const on = Array.from({ length: 40 }, (_, at) => `web${at}`)
    const checks = [probed('disk', { on }), probed('memory', { on }), probed('tcp://db:5432', { on })]
    const shares = [1, 2, 3].map(index =>
      shareOfChecks(checks, { shard: { index, count: 3 }, endpoints: new Set(['tcp://db:5432']) }),
    )
    const hostsOf = (name: string) =>
      shares.map(share => share.find(each => each.name === name)?.hosts?.map(host => host.name) ?? [])
    expect(hostsOf('disk')).toEqual(hostsOf('memory'))
    expect(hostsOf('tcp://db:5432')).not.toEqual(hostsOf('disk'))
    expect(hostsOf('tcp://db:5432').flat().sort()).toEqual([...on].sort())
  })

  test('do not move when another check comes', () => {
    const names = Array.from({ length: 30 }, (_, at) => `https://shop${at}.example.com`)
    const shareOf = (list: readonly string[]) =>
      shareOfChecks(
        list.map(name => probed(name, {})),
        { shard: { index: 2, count: 5 }, endpoints: new Set(list) },
      ).map(({ name }) => name)
    const more = shareOf(['https://new.example.com', ...names])
    expect(more.filter(name => names.includes(name))).toEqual(shareOf(names))
  })
})
