/** What a host is asked for, and how the end of a command is told on its streams. */

export interface Asked {
  readonly folder: string
  readonly env: NodeJS.ProcessEnv
  readonly args: ReadonlyArray<string>
}

const mark = "\u0000"

export const endOf = (exitCode: number): string => `${mark}${exitCode}${mark}`

export interface Written {
  readonly text: string
  readonly code: number
}

/** Undefined: the end has not come yet. */
export const writtenUntilEnd = (text: string): Written | undefined => {
  const found = new RegExp(`${mark}(\\d+)${mark}$`).exec(text)
  return found === null ? undefined : { text: text.slice(0, found.index), code: Number(found[1]) }
}
