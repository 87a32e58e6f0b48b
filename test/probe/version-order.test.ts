import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { apkOrder, debianOrder, rpmOrder, type VersionOrder } from '../../src/lib/probe/version-order.ts'
import { fulfils, versionWishField } from '../../src/lib/probe/version-wish.ts'
import { counted } from '../helpers/counts.ts'
import { needs } from '../helpers/needs.ts'

const sign = (order: number): string => (order < 0 ? '<' : order > 0 ? '>' : '=')

describe('versions are ordered as by', () => {
  test.skipIf(!needs('dpkg'))(
    'dpkg',
    () => {
      const piece = fc.stringMatching(/^[0-9][0-9a-z~+.]{0,5}$/)
      const version = fc
        .tuple(fc.option(fc.nat(2)), piece, fc.option(piece))
        .map(
          ([epoch, upstream, revision]) =>
            `${epoch === null ? '' : `${epoch}:`}${upstream}${revision === null ? '' : `-${revision}`}`,
        )
      const pairs = fc.sample(fc.tuple(version, version), counted({ reduced: 150, full: 3000 }))
      const known = [
        ['1.0~rc1', '1.0'],
        ['1.0', '1.0-1'],
        ['1.10', '1.9'],
        ['1:0.1', '2.0'],
        ['1.0a', '1.0+'],
        ['1.0', '1.00'],
      ] as const
      for (const [one, other] of [...known, ...pairs]) {
        const holds = (relation: string): boolean =>
          Bun.spawnSync(['dpkg', '--compare-versions', one, relation, other], { stderr: 'ignore' }).success
        expect([one, other, sign(debianOrder(one, other))]).toEqual([one, other, holds('lt') ? '<' : holds('gt') ? '>' : '='])
      }
    },
    120_000,
  )

  // From the tests of rpm itself.
  const rpm = `1.0 = 1.0; 1.0 < 2.0; 2.0.1 > 2.0; 2.0.1a > 2.0.1; 5.5p1 < 5.5p2; 5.5p10 > 5.5p1; 10xyz < 10.1xyz; xyz10 < xyz10.1; xyz.4 < 8; 5.5p2 < 5.6p1;
    5.6p1 < 6.5p1; 6.0.rc1 > 6.0; 10b2 > 10a1; 1.0aa > 1.0a; 10.0001 = 10.1; 10.0001 < 10.0039; 4.999.9 < 5.0; 20101121 = 20101121; 2_0 = 2.0; a+ = a_; 1.0~rc1 < 1.0;
    1.0~rc1 < 1.0~rc2; 1.0~rc1~git123 < 1.0~rc1; 1.0^ > 1.0; 1.0^git1 < 1.0^git2; 1.0^git1 < 1.01; 1.0^20160101 < 1.0.1; 1.0~rc1^git1 > 1.0~rc1; 1.0^git1~pre < 1.0^git1`
  // From what apk-tools documents of package versions.
  const apk = `1.2.3-r0 < 1.2.3-r1; 1.2.3-r10 > 1.2.3-r9; 1.2_rc1 < 1.2; 1.2_alpha < 1.2_beta; 1.2_p1 > 1.2; 1.2_p1 < 1.2.1; 1.2a > 1.2; 1.2a < 1.2b; 3.1.4-r5 = 3.1.4-r5; 1.10 > 1.9`

  const cases = (text: string): string[][] => text.split(';').map(line => line.trim().split(' '))
  const tables: [string, VersionOrder, string[][]][] = [
    ['rpm', rpmOrder, cases(rpm)],
    ['apk', apkOrder, cases(apk)],
  ]
  test.each(tables)('%s', (_, order, table) => {
    for (const [one = '', relation, other = ''] of table) {
      expect([one, other, sign(order(one, other))] as unknown).toEqual([one, other, relation])
      expect(Math.sign(order(other, one))).toBe(-Math.sign(order(one, other)) + 0)
    }
  })
})

describe('a wish for a version', () => {
  test.each([
    ['1.18', '1.18.0-6', false],
    ['1.18.0', '1.18.0-6', true],
    ['1.18.0-6', '1.18.0-6', true],
    ['>= 1.18, < 2', '1.22.1-9+deb12u2', true],
    ['>= 1.18, < 2', '2.0-1', false],
    ['>= 3.0.15', '1:3.0.15-1', true],
    ['>= 2:3.0.15', '1:3.0.15-1', false],
    ['!= 1.2', '1.2-1', false],
    ['<= 1.2', '1.2-1', true],
    ['> 1.2', '1.2-1', false],
  ])('%s is asked of %s', (wish, installed, holds) => {
    expect(fulfils(installed, versionWishField().parse(wish), debianOrder)).toBe(holds)
  })

  test.each(['', '>= ', 'newer', '1.2 3', '>= 1,'])('refuses %p', text => {
    expect(versionWishField().safeParse(text).success).toBe(false)
  })
})
