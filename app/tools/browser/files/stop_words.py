"""Words that ask rather than say what is asked for; folded, as `index_words.plain` returns them."""

from __future__ import annotations

import re

_WORDS = """
    a about above after all also am an and any are as at be because been before being between
    both but by can could did do does doing don during each for from further had has have having he
    her here hers him his how i if in into is it its itself just me more most my myself no nor not
    now of off on once only or other our out over own please same she should so some such tell than
    that the their them then there these they this those through to too under until up very was we
    were what when where which while who whom why will with would you your explain
    describe vs via between someone something anything
    aber alle allem allen aller alles als also am an ander andere anderen auch auf aus bei beim bin
    bis bitte bist da damit dann das dass dazu dein dem den denn der des die dies diese diesem
    diesen dieser dieses doch dort du durch ein eine einem einen einer eines er erklare es etwas
    fur gegen gibt hab habe haben hat hatte ich ihm ihn ihnen ihr ihre im in ist ja jede jedem jeden
    jeder jedes kann kannst konnen konnte man mein mich mir mit muss mussen nach nicht nichts noch
    nun nur ob oder ohne sehr sein seine seinen seit sich sie sind so soll sollen sollte sollten
    uber um und uns unter vom von vor wann war warum was weg weil welche welchem welchen welcher
    welches wenn wer werde werden wie wieder will wir wird wo wofur womit wozu wurde wurden zu zum
    zur zwischen lasst lassen
"""
STOP_WORDS = frozenset(_WORDS.split())
STOP_RUNS = re.compile(
    "为什么|为何|怎么样|怎么办|怎样才能|怎么|怎样|什么样|什么|如何|哪些|哪个|哪里|哪种|请问|是否|能否|可以|可否|多少|"
    "应该|应当|需要|必须|我们|你们|他们|我想|一个|这个|那个|以及|或者|并且|的时候|之间|的|了|吗|呢|吧|"
    "請問|為什麼|甚麼|什麼|怎麼|とは|です|ます|して|から|まで|ください|どうやって|何ですか|の|を|は|が"
)
"""The same within scripts without spaces, where they separate words."""
_ASKING = """
    make makes made get gets getting use uses used using want wants need needs like way possible
    certain particular one again let find give given know mean means happen happens work works
    although already really always because exactly so actually help best good right wrong
    machen mache macht geht gehen lasst brauche braucht brauchen bringe benutzen benutze verwenden
    verwende selbst moglich bestimmte bestimmten bestimmter tun obwohl schon eigentlich immer genau
    funktioniert bedeutet heisst viel viele mindestens mochte mochten wollen finde finden
"""
ASKING_WORDS = frozenset(_ASKING.split())
"""Words that say little in a question, but may be what is searched for by themselves."""

_BEGINNINGS = """
    ab an auf aus bei ein fest frei her hin los mit nach um vor weg weiter zu zuruck zusammen
"""
BEGINNINGS = frozenset(_BEGINNINGS.split())
"""What German verbs begin with that are in two parts in a question."""
