import { describe, expect, test } from 'bun:test'
import { planOf } from '../../src/lib/harden/fix.ts'
import { allRules } from '../../src/lib/harden/rule-list.ts'
import type { Finding } from '../../src/lib/harden/scan.ts'

const finding = (id: string, result: 'pass' | 'fail', fixable = result === 'fail'): Finding => {
  const rule = allRules().find(each => each.id === id)
  if (!rule) throw new Error(`there is no rule ${id}`)
  return { rule, judgement: { result, evidence: '' }, fixable }
}
const options = { wave: [], hold: 60_000 }

describe('the plan of a fix', () => {
  test('has a step for each rule that fails, left out where it holds or only a human can mend it', () => {
    const plan = planOf(
      new Map([
        ['web1', [finding('files-passwd', 'fail'), finding('sudo-nopasswd', 'fail', false)]],
        ['web2', [finding('files-passwd', 'pass'), finding('sudo-nopasswd', 'fail', false)]],
      ]),
      options,
    )
    expect(plan?.steps.map(({ id, perHost }) => ({ id, perHost }))).toEqual([
      { id: 'files-passwd', perHost: { variants: [null], of: { web2: 0 } } },
    ])
  })

  test('asks hosts to hold changes of sshd, sudo and accounts only', () => {
    const holdOf = (id: string) => planOf(new Map([['web1', [finding(id, 'fail')]]]), options)?.hold?.ttlMs
    expect([holdOf('files-passwd'), holdOf('sysctl-rp-filter')]).toEqual([undefined, undefined])
    expect([holdOf('sshd-macs'), holdOf('sudo-use-pty'), holdOf('accounts-password-ageing')]).toEqual([60_000, 60_000, 60_000])
  })

  test('reloads sshd once, after all rules on it', () => {
    const plan = planOf(
      new Map([['web1', ['sshd-macs', 'files-passwd', 'sshd-log-level'].map(id => finding(id, 'fail'))]]),
      options,
    )
    expect(plan?.steps.at(-1)).toMatchObject({ kind: 'reload-sshd', on: ['sshd-macs', 'sshd-log-level'] })
  })

  test('is none where all that fails is for a human', () => {
    expect(planOf(new Map([['web1', [finding('sudo-nopasswd', 'fail', false)]]]), options)).toBeUndefined()
  })
})
