import type { Reading } from '../../core/check.ts'
import { allFields } from '../../transport/host-script.ts'
import type { Learned, Lesson } from './lesson.ts'

/** Prints `NAME \0 VALUE \0 FILE \0 VALUE OF THE KERNEL \0` for every setting of the files that the kernel tells, in the order of the boot. */
const settingsReading: Reading = {
  does: 'read /etc/sysctl.d',
  script:
    'for at in /etc/sysctl.d/*.conf; do [ -r "$at" ] || continue; while read -r line || [ -n "$line" ]; do ' +
    'case $line in "#"*|";"*) continue;; *=*) ;; *) continue;; esac; value=${line#*=}; set -f; set -- ${line%%=*}; set +f; name=${1#-}; ' +
    'case $name in ""|*[*?]*|*/*) continue;; esac; path=; rest=$name; ' +
    'while :; do case $rest in *.*) path=$path/${rest%%.*}; rest=${rest#*.};; *) break;; esac; done; path=/proc/sys$path/$rest; ' +
    // Not with read: some shells read byte by byte, of which the kernel answers the first only.
    'if now=$(cat "$path" 2>/dev/null); then printf "%s\\0" "$name" "$value" "$at" "$now"; fi; ' +
    'done <"$at"; done; :',
}

/** Settings that the administrator wrote down, as far as the kernel has them. */
export const kernelSettings: Lesson = {
  title: 'Kernel settings of /etc/sysctl.d',
  readings: [settingsReading],
  learn(found) {
    const settings = new Map(settingsIn(found(settingsReading).stdout).map(setting => [setting.name, setting]))
    const all = [...settings.values()].sort((one, other) => (one.name < other.name ? -1 : 1))
    return {
      checks: all.filter(({ value, now }) => value === now).map(settingCheck),
      leftOut: all
        .filter(({ value, now }) => value !== now)
        .map(
          ({ name, value, file, now }) =>
            `kernel setting ${name}: it is ${now || 'empty'}, and ${file} says ${value || 'nothing'}`,
        ),
    }
  },
}

interface Setting {
  readonly name: string
  readonly value: string
  readonly file: string
  readonly now: string
}

function settingsIn(printed: Buffer): Setting[] {
  const fields = allFields(printed)
  const words = (text = ''): string => text.trim().replace(/\s+/g, ' ')
  return Array.from({ length: Math.floor(fields.length / 4) }, (_, index) => {
    const [name = '', value, file = '', now] = fields.slice(index * 4, index * 4 + 4)
    return { name, value: words(value), file, now: words(now) }
  }).filter(({ name, value }) => /^[a-z0-9_-]+(\.[A-Za-z0-9_:@-]+)+$/.test(name) && value !== '')
}

const settingCheck = ({ name, value, file }: Setting): Learned => ({
  type: 'kernel-parameter',
  params: { name, value },
  why: `${file} says so`,
  sla: 'P2',
})
