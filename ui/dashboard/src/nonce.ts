/** The nonce of this page's style elements, for libraries that make some by themselves. */

let current = "";

export function setNonce(nonce: string): void {
  current = nonce;
  // react-remove-scroll, under every dialog and menu, looks for it here.
  Object.assign(globalThis, { __webpack_nonce__: nonce });
}

export const styleNonce = () => current;
