"""A message's blocks as they are laid out, painted and selected.

::

    box        what every block can do, and what it is painted with
    column     blocks below each other, and the boxes that have blocks inside
    text       paragraphs and headings
    code       code, coloured when it is painted
    table      tables
    formula    formulas, drawn by ziamath
    canvas     the widget that shows a column
"""
