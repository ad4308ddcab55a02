"""Layout, painting and selection of a message's blocks, in the window and on paper.

::

    box             the protocol of everything that is painted
    stack           boxes inside boxes: below each other, or with margins
    column          the blocks of a message: quotations, lists (list_mark), footnotes (rule_box)
    text_box        paragraphs, headings and cells: spans (text_runs) in lines (text_lines)
      font_fallback bold and italics where Inter lacks characters
    code_box        code: rows (code_layout) and colours (highlighting)
    table_box       tables (table_cells)
    formula_box     formulas on lines of their own; formula_image: all, set by ziamath (tex_svg)
      array_rules   lines between the rows and columns of a formula's array
    horizontal_scroll  what is wider than its box
    utf16           positions as Qt counts them
    canvas          the widget that shows a column
"""
