import { defineRule } from '../../core/component.ts'
import { judgedBy } from '../judge.ts'
import { sudoersLines, sudoersPatterns } from '../sudoers.ts'
import { unquoted } from '../sudoers-text.ts'

/** Who automates by such a line would be locked out, so there is no fix. */
export default defineRule({
  id: 'sudo-authenticate',
  title: 'no default of sudo switches the password off',
  severity: 'high',
  level: 'l1',
  area: 'sudo',
  why: 'whoever gets at the session of a user of sudo is root',
  references: [
    'CIS: Ensure re-authentication for privilege escalation is not disabled globally',
    'SSG: sudo_remove_no_authenticate',
  ],
  look: { texts: sudoersPatterns },
  judge(facts) {
    const lines = sudoersLines(facts)
    if (!lines) return { result: 'na', evidence: 'sudo is not installed' }
    const bad = lines.filter(({ text }) => /^Defaults\b.*!\s*authenticate\b/.test(unquoted(text)))
    return judgedBy(
      bad.map(({ file, line }) => `${file}:${line} has !authenticate`),
      'no line has !authenticate',
    )
  },
})
