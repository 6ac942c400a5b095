// A QR code, always dark on light with its quiet border: cameras do not care for dark mode.
import { encode } from "uqr";

export function QrCode({ text, size = 208, label }: { text: string; size?: number; label: string }) {
  const { size: side, data } = encode(text, { ecc: "M", border: 3 });
  const path = data.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : ""))).join("");
  return (
    <svg role="img" aria-label={label} width={size} height={size} viewBox={`0 0 ${side} ${side}`} shapeRendering="crispEdges" style={{ borderRadius: 12, maxWidth: "100%" }}>
      <rect width={side} height={side} fill="#fffdfa" />
      <path d={path} fill="#211b16" />
    </svg>
  );
}
