// The mark of the house: a glass, three quarters full, with its foam.

export function Mark({ size = 32, title }: { size?: number; title?: string }) {
  return (
    <svg width={size} height={size} viewBox="0 0 48 48" role={title ? "img" : undefined} aria-label={title} aria-hidden={title ? undefined : true}>
      <rect width="48" height="48" rx="13" fill="#2a1d0e" />
      <path d="M13.5 12h21l-2.7 24.2a3 3 0 0 1-3 2.8h-9.6a3 3 0 0 1-3-2.8z" fill="#4a3417" />
      <path d="M14.5 20.5h19l-1.7 15.7a3 3 0 0 1-3 2.8h-9.6a3 3 0 0 1-3-2.8z" fill="#f2a31f" />
      <g fill="#fff6e5">
        <rect x="12" y="12.5" width="24" height="7" rx="3.5" />
        <circle cx="17" cy="12.5" r="4.2" />
        <circle cx="24.5" cy="10.5" r="5" />
        <circle cx="31.5" cy="12.7" r="4" />
        <rect x="16.5" y="16" width="4" height="9" rx="2" />
      </g>
    </svg>
  );
}
