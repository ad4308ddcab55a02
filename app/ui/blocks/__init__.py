"""Layout, painting and selection of a message's blocks, in the window and on paper.

::

    box             the protocol of all painted blocks
    stack           nested boxes: below each other, or with margins
    column          the blocks of a message: quotations, lists (list_mark), footnotes
    text_box        paragraphs, headings and cells: spans (text_runs) in lines (text_lines)
      citation_chip the number of a cited source (citation_button: to be pressed)
      font_fallback bold and italics of characters that Inter lacks
    code_box        code: rows (code_layout) and colours (highlighting)
      output_box    the output of a tool, a block of its own (output_block)
    table_box       tables (table_cells)
    formula_box     displayed formulas; formula_image: all formulas, by ziamath (tex_svg);
                    formula_outline: their outlines, for a printer
      array_rules   lines between the rows and columns of a formula's array
    horizontal_scroll  scrolling of contents wider than their box
    rule_box        horizontal rules
    utf16           positions as Qt counts them
    canvas          the widget that shows a column
"""
