/** A host as the name of a file or directory, with what such a name can not hold made harmless. */
export function hostFileName(host: string): string {
  return host.replace(/[/\0]/g, '_').replace(/^\.+$/, '_')
}
