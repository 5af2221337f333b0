/** Columns of data sets, as one text with a space between two of them. */
export type DataSets = Readonly<Record<string, Readonly<Record<string, string>>>>

export const columnsOf = (text: string): ReadonlyArray<string> => text.split(" ")
