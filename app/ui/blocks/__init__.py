"""A message's blocks as they are laid out, painted and selected, in the window and on paper.

::

    box        what every block can do, and what it is painted with
    stack      boxes inside boxes: below each other, or with room around one
    column     the blocks of a message below each other; quotations, lists, footnotes
    text       paragraphs, headings and cells, out of spans (`runs`; `fallback` where Inter lacks
               characters)
    code       code, coloured (`tokens`) and laid out (`pieces`) when it is painted
    table      tables (`cells`)
    formula    formulas, set by ziamath (`tex`)
    sideways   what is wider than its place, and scrolls
    canvas     the widget that shows a column
"""
