import { Chalk } from 'chalk'
import type { Style } from '../core/component.ts'
import { plainStyle } from './plain-style.ts'

/** Colour by role, in the 16 colours that every terminal has and that follow its theme. Load this module only where colour is wanted. */
export function makeStyle(enabled: boolean): Style {
  if (!enabled) return plainStyle
  const chalk = new Chalk({ level: 1 })
  return {
    good: text => chalk.green(text),
    bad: text => chalk.red(text),
    warn: text => chalk.yellow(text),
    dim: text => chalk.dim(text),
    strong: text => chalk.bold(text),
    name: text => chalk.cyan(text),
  }
}
