/** The fences of a Markdown document, each with what the comment before it says. */

export interface Fence {
  readonly language: string
  readonly note: string
  readonly line: number
  readonly text: string
}

export interface Doc {
  readonly name: string
  readonly text: string
  readonly fences: ReadonlyArray<Fence>
}

export const fencesOf = (text: string): ReadonlyArray<Fence> => {
  const lines = text.split("\n")
  const fences: Array<Fence> = []
  for (let i = 0; i < lines.length; i++) {
    const language = /^```(\w+)$/.exec(lines[i]!)?.[1]
    if (language === undefined) continue
    const end = lines.indexOf("```", i)
    const before = lines.slice(0, i).findLast((line) => line.trim() !== "") ?? ""
    const note = /^<!-- (.*) -->$/.exec(before)?.[1] ?? ""
    fences.push({ language, note, line: i + 1, text: `${lines.slice(i + 1, end).join("\n")}\n` })
    i = end
  }
  return fences
}

/** The text without its fences: what is said, not what is shown. */
export const prose = (doc: Doc): string => doc.text.replace(/^```\w+\n[\s\S]*?^```$/gm, "")
