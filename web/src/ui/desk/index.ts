// The front door of the desk: parts of the working pages in office and console.
export { failed, said, useAct } from "./act";
export { readSearch, useAddress, writeSearch, type Address } from "./address";
export { ask, askTyped, overPage } from "./ask";
export { ExplainProvider, useExplain, type Explain, type Explained } from "./explain";
export { found, type Command } from "./commands";
export { CopyField, MoneyInput, SearchInput } from "./inputs";
export { nextRow, useDeskKeys } from "./keys";
export { Loaded, Refused } from "./Loaded";
export { Go, usePlaces } from "./nav";
export { MinuteBars, type BarMinute } from "./MinuteBars";
export { useNow } from "./now";
export { Palette } from "./Palette";
export { QrCode } from "./QrCode";
export { Rows, sorted, type Column, type Order } from "./Rows";
export { Chip, Code, Figures, PageHead, Panel, type FigureProps, type Tone } from "./shapes";
export { Spark, sparkPoints } from "./Spark";
