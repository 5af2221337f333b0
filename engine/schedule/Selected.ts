/** What is selected of a graph in a definition: by values or by words. */

/** Assets, pipelines, or a selection expression. */
export type Selected =
  | string
  | { readonly key: string }
  | { readonly name: string }
  | ReadonlyArray<string | { readonly key: string } | { readonly name: string }>

const wordOf = (one: string | { readonly key: string } | { readonly name: string }): string =>
  typeof one === "string" ? one : "key" in one ? one.key : one.name

const isList = (selected: Selected): selected is Extract<Selected, ReadonlyArray<unknown>> => Array.isArray(selected)

/** As a selection expression. */
export const expressionOf = (selected: Selected): string => isList(selected) ? selected.map(wordOf).join(" ") : wordOf(selected)
