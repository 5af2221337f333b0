/** A column to order by from the greatest value to the least: apart, since what defines assets does without Arquero. */
export interface Desc<C extends string> {
  readonly _tag: "Desc"
  readonly column: C
}

/** Orders by a column from the greatest value to the least, nulls last: `orderby(desc("goals"), "name")`. */
export const desc = <C extends string>(column: C): Desc<C> => ({ _tag: "Desc", column })
