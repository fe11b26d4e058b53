import { Anchor } from "@mantine/core";
import { Fragment } from "react";

const ADDRESS = /https?:\/\/[^\s<>"]+/g;
const TRAILING = /[.,;:!?'"\]}]+$/;
const TRAILING_AND_BRACKET = /[.,;:!?'")\]}]+$/;

export interface Piece {
  text: string;
  isLink: boolean;
}

/** A text cut into web addresses and what stands between them. */
export function pieces(text: string): Piece[] {
  const found: Piece[] = [];
  let end = 0;
  for (const match of text.matchAll(ADDRESS)) {
    const address = match[0].replace(match[0].includes("(") ? TRAILING : TRAILING_AND_BRACKET, "");
    if (match.index > end) found.push({ text: text.slice(end, match.index), isLink: false });
    found.push({ text: address, isLink: true });
    end = match.index + address.length;
  }
  if (end < text.length) found.push({ text: text.slice(end), isLink: false });
  return found;
}

/** Text with its web addresses as links; whoever wrote it learns nothing from a click. */
export const Linked = ({ text }: { text: string }) =>
  pieces(text).map((piece, index) =>
    piece.isLink ? (
      <Anchor key={index} href={piece.text} target="_blank" rel="noopener noreferrer nofollow" inherit underline="always">
        {piece.text}
      </Anchor>
    ) : (
      <Fragment key={index}>{piece.text}</Fragment>
    ),
  );
