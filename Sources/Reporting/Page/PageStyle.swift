/// How the page looks: one column of text width, two or three pictures beside each other where there is
/// room, the reader's own light or dark, ink on white in print.
enum PageStyle {
  /// The colours, by the reader's light or dark.
  private static let colours: Markup = """
    :root {
      color-scheme: light dark;
      --paper: #ffffff; --ink: #1b1e23; --soft: #59606b; --rule: #d5d9df; --grid: #e9ebef;
      --own: #1c5fb5; --itempop: #68707b; --live: #ad5208; --gmf: #13745a; --mlp: #863fa6;
      --parent: #68707b; --bad: #b3261e; --wash: #f5f6f8;
    }
    @media screen and (prefers-color-scheme: dark) {
      :root {
        --paper: #14171b; --ink: #e4e7eb; --soft: #a0a8b4; --rule: #363c45; --grid: #262b32;
        --own: #7fb4ff; --itempop: #a6aeb9; --live: #f0a45c; --gmf: #5ec8a2; --mlp: #d29cf2;
        --parent: #a6aeb9; --bad: #ff8d84; --wash: #1c2026;
      }
    }

    """

  /// How the parts of pictures look.
  private static let marks: Markup = """
    svg text { font-size: 12px; fill: var(--ink); }
    svg .tick { fill: var(--soft); font-size: 11px; }
    .grid { stroke: var(--grid); stroke-width: 1; }
    .axis { stroke: var(--soft); stroke-width: 1; }
    .s-own { --c: var(--own); } .s-itempop { --c: var(--itempop); } .s-live { --c: var(--live); }
    .s-gmf { --c: var(--gmf); } .s-mlp { --c: var(--mlp); } .s-parent { --c: var(--parent); }
    .line { fill: none; stroke: var(--c); stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }
    .line.s-itempop { stroke-dasharray: 5 4; }
    .line.s-live { stroke-dasharray: 9 3 2 3; }
    .line.s-gmf, .line.s-mlp { stroke-width: 1.6; }
    .leader { fill: none; stroke: var(--c); stroke-width: 0.75; opacity: 0.55; }
    .band { fill: var(--c); opacity: 0.14; }
    .dot { fill: var(--c); stroke: var(--paper); stroke-width: 1.2; }
    .bar { fill: var(--c); }
    svg .name { fill: var(--c); font-weight: 600; }
    .fault { fill: none; stroke: var(--bad); stroke-width: 2; stroke-linecap: round; }
    svg .word { fill: var(--bad); font-size: 11px; font-weight: 600; }

    """

  /// The style sheet of a picture that is a file of its own.
  static let picture: Markup = """
    \(colours)\(marks)\
    svg { font-family: system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, "DejaVu Sans", sans-serif; }
    .paper { fill: var(--paper); }
    svg .title { font-size: 13px; font-weight: 600; }

    """

  /// The style sheet.
  ///
  /// It holds neither `<` nor `&`, so that the page is XML as well.
  static let sheet: Markup = """
    \(colours)\
    * { box-sizing: border-box; }
    html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
    body {
      margin: 0; background: var(--paper); color: var(--ink);
      font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial,
        "Noto Sans", "DejaVu Sans", sans-serif;
      font-variant-numeric: tabular-nums;
    }
    main, header, footer { max-width: 920px; margin: 0 auto; padding: 0 20px; }
    header { padding-top: 36px; }
    h1 { font-size: 26px; line-height: 1.2; font-weight: 650; margin: 0 0 6px; letter-spacing: -0.01em; }
    h2 {
      font-size: 18px; line-height: 1.3; font-weight: 650; margin: 44px 0 4px; padding-top: 14px;
      border-top: 1px solid var(--rule);
    }
    h3 { font-size: 15px; font-weight: 650; margin: 0 0 6px; }
    p { margin: 0 0 12px; max-width: 44em; }
    .lead, .about, figcaption, caption, summary, footer, .day, .empty { color: var(--soft); }
    .about { font-size: 14px; margin-bottom: 16px; }
    h1, p, dd, li, td, th, bdi, figcaption { overflow-wrap: anywhere; }
    .status { font-weight: 650; color: var(--ink); }
    .status.bad { color: var(--bad); }
    .notice { border-left: 3px solid var(--rule); padding: 2px 0 2px 12px; color: var(--soft); }
    .notice.bad { border-color: var(--bad); color: var(--ink); }
    .tiles { display: grid; grid-template-columns: repeat(4, 1fr); gap: 12px 24px; margin: 24px 0 0; }
    .tiles div { border-top: 2px solid var(--ink); padding-top: 8px; min-width: 0; }
    .tiles dt { color: var(--soft); font-size: 13px; line-height: 1.35; }
    .tiles dd { margin: 0; }
    .tiles .value { font-size: 26px; line-height: 1.25; font-weight: 600; letter-spacing: -0.01em; }
    .tiles .beside { font-size: 13px; line-height: 1.4; color: var(--soft); }
    .two, .three, .readers { display: grid; gap: 20px 32px; align-items: start; }
    .two, .readers { grid-template-columns: repeat(2, minmax(0, 1fr)); }
    .three { grid-template-columns: repeat(3, minmax(0, 1fr)); gap: 20px 16px; }
    figure { margin: 0; min-width: 0; break-inside: avoid; }
    figcaption { font-size: 13px; margin-bottom: 6px; }
    svg { display: block; width: 100%; height: auto; overflow: visible; }
    \(marks)\
    .three svg text { font-size: 11.5px; }
    .key { color: var(--c); font-weight: 600; white-space: nowrap; }
    .key::before {
      content: ""; display: inline-block; width: 9px; height: 9px; margin-right: 5px; background: var(--c);
    }
    details { margin: 10px 0 0; font-size: 13px; }
    summary { cursor: pointer; }
    .scroll { overflow-x: auto; margin: 8px 0 0; }
    table { border-collapse: collapse; font-size: 13px; min-width: 100%; }
    caption { text-align: left; font-size: 13px; padding-bottom: 4px; }
    th, td {
      text-align: left; font-weight: 400; padding: 3px 16px 3px 0; border-bottom: 1px solid var(--grid);
      vertical-align: top;
    }
    .scroll th, .scroll td { overflow-wrap: normal; }
    thead th { color: var(--soft); border-bottom-color: var(--rule); white-space: nowrap; }
    td.n { text-align: right; white-space: nowrap; }
    .readers article { background: var(--wash); padding: 14px 16px; min-width: 0; break-inside: avoid; }
    .readers h4 { font-size: 13px; font-weight: 400; color: var(--soft); margin: 8px 0 2px; }
    .readers ol, .readers ul { margin: 0; padding: 0; list-style: none; font-size: 14px; }
    .readers li { display: flex; gap: 10px; padding: 1px 0; }
    .readers li .what { flex: 1 1 auto; min-width: 0; }
    .readers li .id, .day, .rank { color: var(--soft); font-size: 12px; line-height: 21px; }
    .day { flex: 0 0 auto; white-space: nowrap; }
    .rank { flex: 0 0 1.6em; text-align: right; }
    .readers li .chance { flex: 0 0 auto; color: var(--soft); }
    .facts { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 2px 16px; margin: 0;
      font-size: 14px; }
    .facts dt { color: var(--soft); }
    .facts dd { margin: 0; }
    code { font: 12px/1.5 ui-monospace, "SFMono-Regular", Menlo, Consolas, "DejaVu Sans Mono", monospace; }
    footer { margin-top: 44px; padding-top: 12px; padding-bottom: 36px; font-size: 13px; }
    a { color: var(--own); }
    :focus-visible { outline: 2px solid var(--own); outline-offset: 2px; }
    @media (max-width: 720px) {
      main, header, footer { padding-left: 16px; padding-right: 16px; }
      header { padding-top: 24px; }
      h1 { font-size: 22px; }
      .tiles { grid-template-columns: repeat(2, minmax(0, 1fr)); }
      .two, .three, .readers { grid-template-columns: minmax(0, 1fr); }
      svg .tick { font-size: 12px; } svg text { font-size: 13px; }
      .three svg text, .three svg .tick { font-size: 10.5px; }
      summary { padding: 6px 0; }
      th, td { padding-right: 10px; }
      th:last-child, td:last-child { padding-right: 0; }
      thead th { white-space: normal; }
    }
    @media print {
      @page { margin: 14mm; }
      body { zoom: 0.78; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
      main, header, footer { max-width: none; padding: 0; }
      h2, .about { break-after: avoid; }
      .about { break-inside: avoid; }
      h2 { margin-top: 28px; }
      .two, .three { break-inside: avoid; }
      .scroll { overflow: visible; }
      details { display: none; }
    }

    """
}
