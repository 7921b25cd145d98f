const toCelsius = {
  C: (value) => value,
  F: (value) => ((value - 32) * 5) / 9,
};

const fromCelsius = {
  C: (value) => value,
  F: (value) => (value * 9) / 5 + 32,
};

/** The units that can be converted, by the letter that names them. */
export const units = Object.keys(toCelsius);

/** A temperature of one unit in another. */
export function convert(value, from, to) {
  return from === to ? value : fromCelsius[to](toCelsius[from](value));
}
