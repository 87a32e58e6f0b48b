import type { ScalarTag, Tags } from 'yaml'

/** PyYAML's implicit types (its resolver.py), which are YAML 1.1 without `y` and `n`, and Ansible's two tags. Dates stay text. */
export const ansibleTags: Tags = [
  'merge',
  scalar('null', /^(?:~|null|Null|NULL|)$/, () => null),
  scalar('bool', /^(?:yes|Yes|YES|true|True|TRUE|on|On|ON)$/, () => true),
  scalar('bool', /^(?:no|No|NO|false|False|FALSE|off|Off|OFF)$/, () => false),
  scalar('int', /^[-+]?0b[0-1_]+$/, text => integer(text, 2, '0b')),
  scalar('int', /^[-+]?0[0-7_]+$/, text => integer(text, 8, '0')),
  scalar('int', /^[-+]?0x[0-9a-fA-F_]+$/, text => integer(text, 16, '0x')),
  scalar('int', /^[-+]?(?:0|[1-9][0-9_]*)$/, text => integer(text, 10, '')),
  scalar('int', /^[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+$/, sexagesimal),
  scalar('float', /^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?)$/, text =>
    Number.parseFloat(text.replaceAll('_', '')),
  ),
  { tag: '!unsafe', resolve: (text: string) => text },
  { tag: '!vault', resolve: (text: string) => ({ __ansible_vault: text }) },
]

function scalar(type: string, test: RegExp, resolve: (text: string) => unknown): ScalarTag {
  return { tag: `tag:yaml.org,2002:${type}`, default: true, test, resolve }
}

/** Beyond exact integers the text is worth more than a rounded number: account and serial numbers. */
function integer(text: string, radix: number, prefix: string): number | string {
  const digits = text.replace(/^[-+]/, '').slice(prefix.length).replaceAll('_', '')
  const value = Number.parseInt(digits, radix)
  if (!Number.isSafeInteger(value)) return text
  return text.startsWith('-') ? -value : value
}

/** `22:30` is 1350: base 60, as YAML 1.1 has it. */
function sexagesimal(text: string): number {
  const value = text
    .replace(/^[-+]/, '')
    .split(':')
    .reduce((sum, digits) => sum * 60 + Number(digits.replaceAll('_', '')), 0)
  return text.startsWith('-') ? -value : value
}
