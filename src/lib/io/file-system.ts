/**
 * node:fs for what every start needs. An import of it makes its whole namespace, promises and streams included, which takes a fifth of the
 * time of `opsctl --version`; asked for like this, only what is used is made.
 */
export const fileSystem = (): typeof import('node:fs') => process.getBuiltinModule('node:fs')
