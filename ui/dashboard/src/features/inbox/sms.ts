/** How many parts a text takes as SMS (3GPP TS 23.038): 160 and 153 septets, or 70 and 67 UTF-16 units. */

const BASIC =
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
const ESCAPED = "^{}\\[~]|€\f";

const basic = new Set(BASIC);
const escaped = new Set(ESCAPED);

export interface SmsSize {
  parts: number;
  /** What is left in the last part. */
  left: number;
  isUnicode: boolean;
}

export function smsSize(text: string): SmsSize {
  let septets = 0;
  for (const char of text) {
    if (basic.has(char)) septets += 1;
    else if (escaped.has(char)) septets += 2;
    else return sized(text.length, 70, 67, true);
  }
  return sized(septets, 160, 153, false);
}

function sized(length: number, single: number, each: number, isUnicode: boolean): SmsSize {
  if (length <= single) return { parts: length === 0 ? 0 : 1, left: single - length, isUnicode };
  const parts = Math.ceil(length / each);
  return { parts, left: parts * each - length, isUnicode };
}
