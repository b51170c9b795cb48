// Numbers as the database has them: up to 38 significant digits, kept as text. Nothing here passes
// through a JavaScript number, which would round from the 17th digit on.
//
// SPDX-License-Identifier: Apache-2.0
const SHAPE = /^([+-]?)(?=\d|\.\d)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/;
const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

const DIGITS_MAX = 38;
/** Of the first digit. */
const MAGNITUDE_MAX = 125;
const MAGNITUDE_MIN = -130;
/** Zeros to write out before a power of ten reads better. */
const ZEROS_MAX = 40;

/** digits × 10^exponent, digits without zeros at their ends; none for zero. */
interface Decimal {
  negative: boolean;
  digits: string;
  exponent: number;
}

function parse(text: string): Decimal | null {
  const match = SHAPE.exec(text);
  if (!match) return null;
  const [, sign, whole = '', fraction = '', power = '0'] = match;
  const all = (whole + fraction).replace(/^0+/, '');
  const digits = all.replace(/0+$/, '');
  const exponent = digits === '' ? 0 : Number(power) - fraction.length + (all.length - digits.length);
  return { negative: sign === '-' && digits !== '', digits, exponent };
}

/** Why the text is no number of the database; null when it is one. */
export function numberProblem(text: string): string | null {
  const decimal = parse(text);
  if (!decimal) return text === '' ? 'Enter a number' : 'Not a number';
  const { digits, exponent } = decimal;
  const magnitude = digits.length + exponent - 1;
  if (digits.length > DIGITS_MAX) return `More than ${DIGITS_MAX} significant digits`;
  if (digits !== '' && magnitude > MAGNITUDE_MAX) return 'Greater than 9.99…E+125 in magnitude';
  if (digits !== '' && magnitude < MAGNITUDE_MIN) return 'Smaller than 1E-130 in magnitude';
  return null;
}

/** The same text for the same number; what is no number stays as it is. */
export function canonical(text: string): string {
  const decimal = parse(text);
  if (!decimal) return text;
  const { negative, digits, exponent } = decimal;
  const sign = negative ? '-' : '';
  if (digits === '') return '0';
  if (exponent >= 0) return sign + (exponent <= ZEROS_MAX ? digits + '0'.repeat(exponent) : `${digits}e${exponent}`);
  const point = digits.length + exponent;
  if (point > 0) return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
  return sign + (-point <= ZEROS_MAX ? `0.${'0'.repeat(-point)}${digits}` : `${digits}e${exponent}`);
}

export const sameNumber = (a: string, b: string): boolean => canonical(a) === canonical(b);

/** As JSON writes it: "+1" and ".5" are numbers to the database, but not to JSON. */
export const jsonNumber = (text: string): string => (JSON_NUMBER.test(text) ? text : canonical(text));
