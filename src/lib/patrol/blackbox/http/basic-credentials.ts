/** Value of `authorization` (RFC 7617), in UTF-8. */
export const basicCredentials = (user: string, { password }: { readonly password: string }): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
