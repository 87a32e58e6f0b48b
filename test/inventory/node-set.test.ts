import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { OpsError } from '../../src/lib/core/errors.ts'
import { matchesGlob } from '../../src/lib/inventory/node-set/glob.ts'
import { expandNodeSet, foldNodeSet, type NodeSetNames } from '../../src/lib/inventory/node-set.ts'
import { askClusterShell, groups, hasClusterShell } from './clustershell.ts'
import errorCases from './data/node-set-errors.json'
import handMade from './data/node-sets.json'
import { generatedSets } from './generated-sets.ts'

// Wants calm: 50 ms are not much.

const all = [...new Set(Object.values(groups).flat())]
const names: NodeSetNames = {
  group: name => (name === '*' ? all : groups[name]),
  groups: () => Object.keys(groups),
  hostsMatching: glob => all.filter(host => matchesGlob(glob, host)),
}
const expand = (text: string): string[] => expandNodeSet(text, names)
const fault = (text: string, known = names): OpsError => {
  try {
    expandNodeSet(text, known)
  } catch (error) {
    if (error instanceof OpsError) return error
    throw error
  }
  throw new Error(`'${text}' was understood`)
}

describe.skipIf(!hasClusterShell)('compared with ClusterShell', () => {
  const slow = 60_000
  const generated = generatedSets(300)
  const answers = hasClusterShell ? askClusterShell([...handMade, ...generated]) : []

  test.each(handMade.map((set, index) => [set, index] as const))('%p means the same and folds to the same text', (set, index) => {
    const answer = answers[index]
    if (answer === undefined || 'error' in answer) throw new Error(`ClusterShell: ${answer?.error}`)
    expect(expand(set).sort()).toEqual([...answer.names].sort())
    expect(foldNodeSet(expand(set))).toBe(answer.fold)
  })

  test(
    '300 generated sets mean the same, and ClusterShell reads what was folded as the same set',
    () => {
      const folded = askClusterShell(generated.map(set => foldNodeSet(expand(set))))
      for (const [index, set] of generated.entries()) {
        const answer = answers[handMade.length + index]
        if (answer === undefined || 'error' in answer) throw new Error(`${set}: ${answer?.error}`)
        const known = [...answer.names].sort()
        expect({ set, names: expand(set).sort() }).toEqual({ set, names: known })
        const again = folded[index]
        expect({ set, names: again && 'names' in again ? again.names.sort() : again }).toEqual({ set, names: known })
      }
    },
    slow,
  )

  test(
    'sets with one varying number fold to the very text of ClusterShell',
    () => {
      const flat = generatedSets(200, { dimensions: 1 })
      expect(flat.map(set => foldNodeSet(expand(set)))).toEqual(
        askClusterShell(flat).map(answer => ('fold' in answer ? answer.fold : '')),
      )
    },
    slow,
  )

  test(
    'what is refused is refused by ClusterShell too, but for limits, and groups and patterns that name nothing',
    () => {
      const ours = /more than|larger|fits|group/
      const texts = errorCases.filter(({ says }) => !ours.test(says)).map(({ set }) => set)
      const accepted = askClusterShell(texts).flatMap((answer, index) => ('names' in answer ? [texts[index]] : []))
      expect(accepted).toEqual([])
    },
    slow,
  )

  test(
    'differs on purpose: adjacent brackets, numbers before a bracket, white space, ",!" and negative numbers',
    () => {
      expect(expand('n[1-2][3-4]')).toEqual(['n13', 'n14', 'n23', 'n24'])
      expect(expand('n0[9-10]')).toEqual(['n09', 'n010'])
      expect(expand('web1 web2\nweb3')).toEqual(['web1', 'web2', 'web3'])
      expect(expand('web[1-3],!web2')).toEqual(['web1', 'web3'])
      expect(() => expand('n[-1-3]')).toThrow("'-1-3' is not a range")
      expect(askClusterShell(['n[1-2][3-4]', 'n0[9-10]', 'web[1-3],!web2']).every(answer => 'error' in answer)).toBe(true)
    },
    slow,
  )
})

describe('errors', () => {
  test.each(errorCases)('$set: $says', ({ set, column, says, hint }) => {
    const error = fault(set)
    expect(error.code).toBe('E_NODE_SET')
    expect(error.message).toContain(says)
    expect(error.data['column']).toBe(column)
    if (hint !== undefined) expect(error.hint).toBe(hint)
  })

  test('the caret stands under the wrong place', () => {
    expect(fault('web[1-5],db[x]').message).toBe("'x' is not a range\n  web[1-5],db[x]\n              ^")
  })

  test('a long set is shown around the wrong place', () => {
    const text = `${Array.from({ length: 60 }, (_, index) => `web${index}`).join(',')},db[x],${'y'.repeat(100)}`
    const [, shown = '', caret = ''] = fault(text).message.split('\n')
    expect(shown.length).toBeLessThan(80)
    expect(shown[caret.length - 1]).toBe('x')
    expect(shown).toMatch(/^ {2}….*…$/)
  })

  test('a huge set is refused at once', () => {
    const start = performance.now()
    fault('a[1-999999999]')
    fault('a[1-99999][1-99999][1-99999]')
    expect(performance.now() - start).toBeLessThan(50)
  })

  test('a pattern needs known hosts', () => {
    expect(fault('web*', { group: () => undefined, groups: () => [] }).message).toContain('only names can stand here')
  })
})

describe('order and words', () => {
  test('names come in order of mention, each once', () => {
    expect(expand('web3,db1,web[1-4],db1')).toEqual(['web3', 'db1', 'web1', 'web2', 'web4'])
    expect(expand('rack[2,1]n[1-2]')).toEqual(['rack2n1', 'rack2n2', 'rack1n1', 'rack1n2'])
  })

  test.each([
    '10.1.2.3',
    '2001:db8::1',
    '[2001:db8::1]:2222',
    'root@[fe80::1%eth0]:22',
    'deploy@web1.example.com:2222',
    'ssh://deploy@db1:2222',
    'ssh://[::1]:22',
    'ACME\\jane@files1',
  ])('%s survives', word => {
    expect(expand(word)).toEqual([word])
    expect(expand(`db1,${word},web1`)).toEqual(['db1', word, 'web1'])
    expect(expand(foldNodeSet([word, 'web1']))).toContain(word)
  })

  test('a leading operator applies to the base', () => {
    const base = ['web1', 'web2', 'db1']
    expect(expandNodeSet('!web1', { ...names, base })).toEqual(['web2', 'db1'])
    expect(expandNodeSet('&web[1-9]', { ...names, base })).toEqual(['web1', 'web2'])
    expect(expandNodeSet('db1', { ...names, base })).toEqual(['db1'])
  })

  test('a pattern that takes nothing away is no error', () => {
    expect(expand('web01!tmp*')).toEqual(['web01'])
  })
})

describe('folding', () => {
  const word = fc.stringMatching(/^[a-z]{0,3}(?:\d{1,3}[-.a-z]{1,2}){0,2}\d{0,3}[a-z]{0,1}$/).filter(name => name !== '')
  const odd = fc.oneof(
    fc.constantFrom('[::1]:22', 'a%s', 'a1', 'a%s1', 'u@h1:22', '10.0.0.1', 'n00000000000000000001', 'n12345678901234567890'),
    word,
  )

  test('expanding what was folded gives the same names', () => {
    fc.assert(
      fc.property(fc.uniqueArray(odd, { maxLength: 60 }), hosts => {
        expect(expand(foldNodeSet(hosts)).sort()).toEqual([...hosts].sort())
      }),
      { numRuns: 500 },
    )
  })

  test('mixed padding in several dimensions stays exact', () => {
    const digits = fc.stringMatching(/^\d{1,3}$/)
    const host = fc.tuple(digits, digits, digits).map(([a, b, c]) => `r${a}c${b}n${c}`)
    fc.assert(
      fc.property(fc.uniqueArray(host, { maxLength: 120 }), hosts => {
        expect(expand(foldNodeSet(hosts)).sort()).toEqual([...hosts].sort())
      }),
      { numRuns: 200 },
    )
  })

  test('the order of the names does not change the text', () => {
    fc.assert(
      fc.property(fc.uniqueArray(word, { maxLength: 40 }), hosts => {
        expect(foldNodeSet([...hosts].reverse())).toBe(foldNodeSet(hosts))
      }),
    )
  })

  test('1,200 irregular names fold well under 50 ms', () => {
    const roles = ['db', 'web', 'cache-a', 'mq']
    const hosts = Array.from(
      { length: 1200 },
      (_, i) => `${roles[i % 4]}-${(i * 7919) % 997}.dc${i % 3}.rack${(i * 37) % 41}.example.com`,
    )
    expect(fastest(() => foldNodeSet(hosts))).toBeLessThan(50)
    expect(expand(foldNodeSet(hosts)).sort()).toEqual([...new Set(hosts)].sort())
  })

  test('10,000 hosts expand and fold well under 100 ms', () => {
    const hosts = expand('rack[1-100]node[001-100]')
    expect(hosts).toHaveLength(10_000)
    expect(fastest(() => expand('rack[1-100]node[001-100]'))).toBeLessThan(100)
    expect(fastest(() => foldNodeSet(hosts))).toBeLessThan(100)
    expect(foldNodeSet(hosts)).toBe('rack[1-100]node[001-100]')
  })
})

/** Milliseconds of the best of several runs: the machine may be busy with something else. */
function fastest(work: () => unknown): number {
  return Math.min(
    ...[1, 2, 3, 4, 5, 6].map(() => {
      const start = performance.now()
      work()
      return performance.now() - start
    }),
  )
}
