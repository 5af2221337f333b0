/** Schemas for columns that Schema alone cannot name: plain dates, big integers as numbers, exact decimals as text. */
export { BigInteger, Date, Numeric } from "./warehouse/Column.ts"
