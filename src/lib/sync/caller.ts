import type { Context } from '../core/context.ts'

/** Who runs this: the person before sudo, as far as the environment tells. */
export const callerOf = ({ uid, env }: Pick<Context, 'uid' | 'env'>): { readonly uid: number; readonly user: string } => ({
  uid,
  user: env['SUDO_USER'] ?? env['USER'] ?? env['LOGNAME'] ?? String(uid),
})
