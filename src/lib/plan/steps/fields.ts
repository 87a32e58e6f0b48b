import { z } from 'zod'

/** An absolute path in one line. */
export const pathField = () =>
  z
    .string()
    .regex(/^\/[^\0\n]*[^/\0\n]$/, 'is not an absolute path of a file, such as /etc/motd')
    .describe('absolute path on the host')

/** Permission bits as octal text; a bare 0644 in YAML is the number 644 and is refused. */
export const modeField = () =>
  z
    .string()
    .regex(/^0?[0-7]{3,4}$/, "is not a mode: write it octal and quoted, such as '0644'")
    .describe("permission bits, octal and quoted: '0644'")

/** `user`, `user:group` or `:group`, names or numbers. */
export const ownerField = () =>
  z
    .string()
    .regex(/^([\w.][\w.-]*\$?)?(:[\w.][\w.-]*)?$/, 'is not an owner, such as www-data:www-data')
    .min(1)
    .describe('user, user:group or :group; names or numbers')

export const serviceNameField = () =>
  z
    .string()
    .regex(/^[A-Za-z0-9_@.:][A-Za-z0-9_@.:\\-]*$/, 'is not the name of a service, such as nginx')
    .describe('name of the service, such as nginx')
