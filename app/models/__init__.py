"""Models on this disk and on the hub.

::

    catalog     what is offered, known before it is asked for
    search      what others have on the hub, and what a repository has now
    library     what is on this disk, whoever brought it
    shelf       removing and moving that
    downloads   models on their way, over kills (`ledger`)
    errand      one of them, wherever its bytes are now (`locate`), over full disks and drives
                that are not there (`drive`)
    download    one file: its threads (`session`), requests (`fetch`) and bytes (`blob`)
    network     the one door to the network: a record of every request, and a switch
"""
