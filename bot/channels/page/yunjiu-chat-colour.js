// A bureau's own colour, where it can be read.

const HEX = /^#?([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i;
const SHORT = /^#?([0-9a-f])([0-9a-f])([0-9a-f])$/i;
const WHITE = [255, 255, 255];
const READABLE = 5.5;

/** "#0b5688" or "#05b" as [red, green, blue] of 0 to 255; null for anything else. */
export function parseColour(text) {
  const long = HEX.exec(text || "");
  const short = SHORT.exec(text || "");
  const digits = long ? long.slice(1) : short && short.slice(1).map((digit) => digit + digit);
  return digits && digits.map((two) => parseInt(two, 16));
}

function luminance(colour) {
  const [red, green, blue] = colour.map((each) => {
    const part = each / 255;
    return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

export function contrast(one, other) {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

function css(colour) {
  return `rgb(${colour.map(Math.round).join(", ")})`;
}

/** The accent of the conversation by day, and a tint of it; a colour too light to be read is not taken. */
export function dress(node, text) {
  const colour = parseColour(text);
  const fits = colour && contrast(colour, WHITE) >= READABLE;
  const tint = fits && colour.map((each) => 255 - (255 - each) * 0.11);
  const set = (name, value) => (value ? node.style.setProperty(name, css(value)) : node.style.removeProperty(name));
  set("--given-accent", fits && colour);
  set("--given-accent-soft", tint);
}
