<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de" sourcelanguage="en">
<context>
    <name></name>
    <message>
        <source> MB/s</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source> tokens</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>%Ln call(s) to tools</source>
        <translation type="unfinished">
            <numerusform></numerusform>
            <numerusform></numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln character(s)</source>
        <translation type="unfinished">
            <numerusform></numerusform>
            <numerusform></numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln chat(s)</source>
        <translation type="unfinished">
            <numerusform></numerusform>
            <numerusform></numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln chat(s) are back among the others</source>
        <translation type="unfinished">
            <numerusform></numerusform>
            <numerusform></numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln chat(s) without a message</source>
        <translation type="unfinished">
            <numerusform></numerusform>
            <numerusform></numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln chat(s). Each is removed {days} days after its deletion.</source>
        <translation type="unfinished">
            <numerusform></numerusform>
            <numerusform></numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln chat(s). The search finds what is here, too.</source>
        <translation type="unfinished">
            <numerusform></numerusform>
            <numerusform></numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln day(s) ago</source>
        <translation type="unfinished">
            <numerusform></numerusform>
            <numerusform></numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln download(s)</source>
        <translation type="unfinished">
            <numerusform></numerusform>
            <numerusform></numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln file(s)</source>
        <translation type="unfinished">
            <numerusform></numerusform>
            <numerusform></numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln hidden message(s)</source>
        <translation type="unfinished">
            <numerusform></numerusform>
            <numerusform></numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln image(s)</source>
        <translation type="unfinished">
            <numerusform></numerusform>
            <numerusform></numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln instruction(s)</source>
        <translation type="unfinished">
            <numerusform></numerusform>
            <numerusform></numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln mark(s) of sources</source>
        <translation type="unfinished">
            <numerusform></numerusform>
            <numerusform></numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln message(s)</source>
        <translation type="unfinished">
            <numerusform></numerusform>
            <numerusform></numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln message(s) out of place</source>
        <translation type="unfinished">
            <numerusform></numerusform>
            <numerusform></numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln page(s)</source>
        <translation type="unfinished">
            <numerusform></numerusform>
            <numerusform></numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln part(s) of an unknown kind</source>
        <translation type="unfinished">
            <numerusform></numerusform>
            <numerusform></numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln preset(s) came in.</source>
        <translation type="unfinished">
            <numerusform></numerusform>
            <numerusform></numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln recording(s)</source>
        <translation type="unfinished">
            <numerusform></numerusform>
            <numerusform></numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln request(s), {size} received. All are kept in connections.log in the data folder, and there were no others: chats use no network, Fireside looks for no updates and reports nothing.</source>
        <translation type="unfinished">
            <numerusform></numerusform>
            <numerusform></numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln token(s)</source>
        <translation type="unfinished">
            <numerusform></numerusform>
            <numerusform></numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n byte(s)</source>
        <translation type="unfinished">
            <numerusform></numerusform>
            <numerusform></numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n core(s)</source>
        <translation type="unfinished">
            <numerusform></numerusform>
            <numerusform></numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n expert layer(s) on the CPU</source>
        <translation type="unfinished">
            <numerusform></numerusform>
            <numerusform></numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n found, of which Fireside can run {runs}.</source>
        <translation type="unfinished">
            <numerusform></numerusform>
            <numerusform></numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n layer(s) on the GPU</source>
        <translation type="unfinished">
            <numerusform></numerusform>
            <numerusform></numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n model(s) on this computer, {size} in all.</source>
        <translation type="unfinished">
            <numerusform></numerusform>
            <numerusform></numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n part(s)</source>
        <translation type="unfinished">
            <numerusform></numerusform>
            <numerusform></numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n thread(s)</source>
        <translation type="unfinished">
            <numerusform></numerusform>
            <numerusform></numerusform>
        </translation>
    </message>
    <message>
        <source>0 to 1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>0 to 2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A file of yours</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A gpt-oss model in GGUF that is already on this computer. It stays where it is; you can also drop it on this window.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A page for any browser. It needs nothing else, and loads nothing.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A part was damaged on the way. It is looked for and fetched again…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A tiny gpt-oss that comes with Fireside. It knows capitals, times tables, short stories and a little Python: enough to look around.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A whole number</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>About {tokens} of {all} tokens</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Add a folder…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>All</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>All automatic</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>All chats</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>All messages are removed, from the backups of your chats, too. This cannot be undone.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>All {count}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Another program is downloading this file.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Another program is using the chats in {place}. Close it and start again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Answer</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Answer finished</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Answer length</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Answer now</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Answering…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Any</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Apply and reload the model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>April</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Archive</source>
        <comment>the place</comment>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Archive</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>Archive %Ln chat(s)</source>
        <translation type="unfinished">
            <numerusform></numerusform>
            <numerusform></numerusform>
        </translation>
    </message>
    <message>
        <source>Archive and bin</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Archive the chat</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>Archived %Ln chat(s)</source>
        <translation type="unfinished">
            <numerusform></numerusform>
            <numerusform></numerusform>
        </translation>
    </message>
    <message>
        <source>Archived “{title}”</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Ask anything…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Ask: {text}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Asking Hugging Face for the file…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Asking…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Attach files</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Attach files…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Attach pages {some}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Attach this part</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Attach what fits</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Attached: {name}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>August</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Automatic</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Automatic: {chosen}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Back to the chat</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Back to the chats</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Back to the values that the model was made for</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Back up now</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Backends</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Backups</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Begins without chats. The damaged file is put aside in the same folder.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Bin</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Branches</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Break the line</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Buffers</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cache</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Call to {recipient}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Call to {recipient}: {new}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cancel the download of {name}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Certificates are checked against those of the system.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Chat</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Chats</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Chats (*.json *.zip);;All files (*)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Chats and settings lie in this folder.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Checking what has arrived…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose a backup with the arrow keys</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose a folder with models</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose a model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose a model to see what it takes.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose a page with the arrow keys</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose a part of it</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose a preset</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose one with the arrow keys</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose the folder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose where downloads go</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Chosen</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Chosen along with it, where it is here.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Close Fireside; everything stays as it is</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Close folder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Close the search</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Compact</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Compact takes half, for nearly the same answers.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Connections</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Context</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Context: {used} tokens used, {context} in all</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Context: {used} tokens used, {reserved} kept for the answer, {context} in all</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Continue</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Conversation</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copied</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy as</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy as Markdown</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy as plain text</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy the diagnosis</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy this answer</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy this code</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy this message</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy this table</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy this table as CSV</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy what is selected</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Dark</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Dark colours</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Data folder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>December</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Delete</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Delete	Del</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>Delete %Ln chat(s)	Del</source>
        <translation type="unfinished">
            <numerusform></numerusform>
            <numerusform></numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Delete %Ln chat(s) for good?</source>
        <translation type="unfinished">
            <numerusform></numerusform>
            <numerusform></numerusform>
        </translation>
    </message>
    <message>
        <source>Delete for good</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Delete for good…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Delete the chat</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Delete the preset</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Delete what has arrived</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Deleted</source>
        <comment>when</comment>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>Deleted %Ln chat(s)</source>
        <translation type="unfinished">
            <numerusform></numerusform>
            <numerusform></numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Deleted %Ln preset(s)</source>
        <translation type="unfinished">
            <numerusform></numerusform>
            <numerusform></numerusform>
        </translation>
    </message>
    <message>
        <source>Deleted “{title}”</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Diagnosis</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Dismiss</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Dissolve folder, keep its chats</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Do not send this message</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Download</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Download folder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Download of {name}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Download {name}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Duplicate the preset</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Each chat is a file, in a folder of that name.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Each new chat begins with this.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Edit this message</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Edit this message and ask again</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Edit what waits</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Editing an earlier message; both versions are kept.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Effort</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Effort: high</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Effort: low</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Effort: medium</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Empty the bin…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Empty: the general ones.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Every connection that Fireside made</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Everything runs on this computer. Choose a model to begin.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Everything: all branches, reasoning and figures. Fireside reads it back.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Experts on the processor</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Export</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>Export %Ln chat(s)…</source>
        <translation type="unfinished">
            <numerusform></numerusform>
            <numerusform></numerusform>
        </translation>
    </message>
    <message>
        <source>Export all chats</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Export all chats to a file</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Export all chats…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Export all presets to a file</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Export all…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Export presets</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Export the chat…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Export this preset to a file</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Export {count}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Export “{title}”</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Exported to {path}: {what}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Export…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>February</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Filter by title</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Filter the list of chats</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Find in the chat</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Find in this chat</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Find in this chat (Ctrl+F)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Fireside</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Fireside chats</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Fireside did not download it: it is in a folder of yours, and other programs may use it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Fireside did not download it: it is in the folder of {owner}, and other programs may use it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Fireside first makes another backup, of all chats as they are now, so that you can come back to them. Then it closes them and opens this one.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Fireside is offline, as you chose. It opens no connection.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Fireside is offline, as you chose. Switch that off on the models page (Network) to search and download.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Fireside looks in the folders of Hugging Face, LM Studio, Ollama, Jan and llama.cpp, and in these. Models are used where they are; nothing is copied.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Fireside makes a backup of the chats every day, and keeps those of the last seven days on which it ran.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Fireside may not write in {path} ({reason}), so nothing is downloaded. Check who may write there.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Fireside may not write in {place}. Check who may write in this folder, and the disk.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Fireside speaks it from its next start on.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Fireside then opens no connection at all. Chats need none.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>First token after {first_token_s} s</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Folder</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>Folder {name}, closed, %Ln chat(s)</source>
        <translation type="unfinished">
            <numerusform></numerusform>
            <numerusform></numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Folder {name}, open, %Ln chat(s)</source>
        <translation type="unfinished">
            <numerusform></numerusform>
            <numerusform></numerusform>
        </translation>
    </message>
    <message>
        <source>Folders</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Folders of yours</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>For downloads on a metered or shared connection.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>For example: Answer briefly.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>For new chats</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>For the new chat only.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>For “{title}” only, from its next answer on.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Form</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Free</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Full</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>GGUF models (*.gguf);;All files (*)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>General</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Generated: {generated} tokens, {reasoning_tokens} of them reasoning</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Get a model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Get a model…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Go online</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>HF_TOKEN is set, for models that ask for consent.</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>Here already: %Ln chat(s).</source>
        <translation type="unfinished">
            <numerusform></numerusform>
            <numerusform></numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Here already: %Ln preset(s).</source>
        <translation type="unfinished">
            <numerusform></numerusform>
            <numerusform></numerusform>
        </translation>
    </message>
    <message>
        <source>Hide the side bar</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>High</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>High effort</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Host</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>How freely words are chosen. At 0 it is always the likeliest.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>How long the model thinks.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>How much disk it may take</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>How much has arrived</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>How much has been moved</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>How much is exported</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>How much of a chat the model sees</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>How much of a chat the model sees, in tokens.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>How much of its beginning?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>How much of the model the GPU runs</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>How much of the prompt the model has read</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>How words are drawn.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Hugging Face cannot be reached ({reason}). Check the connection, or try again later.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Hugging Face does not give out “{name}” (status {status}). Accept the terms of {repository} on its web page, and set HF_TOKEN to a token of yours.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Hugging Face does not show “{name}” (status {status}): it is private, or not there, or the token in HF_TOKEN is wrong.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Hugging Face has a fault.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Hugging Face is busy.</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>If you send this, the model will no longer see the %Ln oldest message(s) of this chat.</source>
        <translation type="unfinished">
            <numerusform></numerusform>
            <numerusform></numerusform>
        </translation>
    </message>
    <message>
        <source>If you send this, the model will no longer see the oldest message of this chat.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Import chats</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Import chats from a file</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Import chats…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Import presets</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Import presets from a file</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Import…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>In memory</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>In the conversation</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>In the list of chats</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>In tokens, with the reasoning. Open: until the context is full.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Instructions</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Instructions for this chat</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Instructions for this chat…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Instructions to the model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>It does not fit this computer: it needs {needed} of memory, and there are {memory}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>It fits this computer: {summary}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>It has no model that can be run.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>It needs more than is free here now: {summary}. Close other programs for it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>It waits for the download before it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Its own</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>January</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>July</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Jump to the latest</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>June</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Keep what has arrived</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Kept on disk</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Keyboard shortcuts</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Laid out as Hugging Face&apos;s own, so that other programs find the models, too.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Language</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Larger text</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Last used</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Latest chats</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Layers on the GPU</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Leave all of it to Fireside</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Leave the message as it was</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Leave {called} where it is</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Leaves out words far less likely than the likeliest one.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Left out: {counts}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Less memory was free than expected, so {name} is run with less: {summary}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Let Fireside use the network</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Light</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Light colours</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Link: {text}, {address}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Load the model anew with these settings</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Loading {loading}…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Loading {model} {percent} %</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Loading {name} {percent} %</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Look again</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Look for models again</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Look no longer in {folder}; nothing is deleted</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Looking at this computer…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Looking for models…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Low</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Low effort</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Make a backup of all chats now</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Makes a new file of all that can still be read. The damaged file is kept.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Manage models…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Manage presets…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>March</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>May</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Medium</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Medium effort</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Megabytes a second (0: no limit)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Memory</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Message</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Message {first} of {total}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Messages</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Messages that wait</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Messages {first} to {last} of {total}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Min-p</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Model: {name}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Models</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Models come from huggingface.co; HF_ENDPOINT names a mirror.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Models come from {mirror} (HF_ENDPOINT).</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Models that ask for consent need HF_TOKEN.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>More on Hugging Face</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Move to</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Move to folder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Move {called} to another folder or disk</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>Moved %Ln chat(s) to “{folder}”</source>
        <translation type="unfinished">
            <numerusform></numerusform>
            <numerusform></numerusform>
        </translation>
    </message>
    <message>
        <source>Moved “{title}” to “{folder}”</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Move…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Moving {called}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>NVIDIA, with the CUDA toolkit</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Name</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Name chats</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Name of the chat</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Name of the folder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Network</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>New chat</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>New chat from here</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>New folder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>New folder…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>New preset</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Next place</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No chat has these words.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No connection to Hugging Face.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No folder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No limit</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No model was found yet.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No model yet</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>None</source>
        <comment>of the layers</comment>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>None</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>None so far. Fireside makes none but for a search or a download on this page.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Not</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Not even a part of “{name}” fits beside the rest. Remove a file.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Not sent yet, since the answer before was not completed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nothing</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nothing can be read of them any more. Restore a backup, or start afresh.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nothing has come for a while.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nothing has these words.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nothing is archived. Archive a chat from its menu in the side bar.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nothing on Hugging Face matches “{text}”.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>November</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>OK</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>October</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Of everything that Fireside says.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Off</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Offline</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>On</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>On the GPU</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>On this computer</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>On this computer ({place}).</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Only the likeliest words, up to this share of all chances.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open</source>
        <comment>the length of an answer</comment>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open a GGUF file</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open a GGUF file…	Ctrl+O</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open a file…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open a model file…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open folder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open the data folder in the file manager</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open this chat</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open {page} in the browser</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>OpenAI&apos;s open model, for real questions. It needs a computer with 16 GB of memory.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Opening…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Opens the chats as they are.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Other people&apos;s versions of gpt-oss, larger or smaller. Your words go to Hugging Face when you press Enter.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Other programs</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Own instructions</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Pages</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Pages from 1 to {count}, such as 1-20, 25</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Pages to read, print and send.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Pasted text</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Pasted text {number}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Pause</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Paused at {percent} %. What has arrived is kept.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Peak memory of the model: {size} MB</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Pictures cannot be attached: gpt-oss reads only text.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Pin</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Pin or unpin the chat</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Pinned</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Plain text</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Preferences</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Prepares your next question while you read and type. Never on battery.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Preset: {name}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Presets</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Presets (*.json);;All files (*)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Previous 30 days</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Previous 7 days</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Previous place</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Processor</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Program</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Prompt: {prompt_tokens} tokens, {reused} of them reused</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Proxies are those of the system (HTTPS_PROXY).</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Purpose</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Put into the bin</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Put the backup of {moment} in the place of your chats?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Put the chosen backup in the place of the chats</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Put this text into the message</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Quit</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Random</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Read ahead</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reading page {page} of {pages}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reading the prompt</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reading the prompt: {done} of {total} tokens</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reading the prompt: {done} of {total} tokens · about {time} left</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reading the prompt…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reading what can be read…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reading {name}…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reading…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Really delete {name}?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reasoning</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Received</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Recover</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Remove</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Remove all of the bin for good</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Remove these chats for good</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Remove {called}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Remove {name}?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Remove “{name}”</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Removed for good</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Remove…</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>Removing %Ln chat(s) for good. This takes some seconds.</source>
        <translation type="unfinished">
            <numerusform></numerusform>
            <numerusform></numerusform>
        </translation>
    </message>
    <message>
        <source>Removing for good</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Rename</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Rename	F2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Rename folder	F2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Rename the chat</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Repair…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reset to the model’s own</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Restore</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Restore this backup</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Restore…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Restoring the backup…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Results</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Runs on this computer. Answers may contain mistakes.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Sampling</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Search</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Search Hugging Face</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Search Hugging Face (Enter)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Search chats</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Search chats, messages and commands</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Search everything</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Search the reasoning, too</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Search titles and messages</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Searching for “{text}”…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Seed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Seed: {seed}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Select</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Select everything</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Send</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Send now</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Send the first of them now</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Send what waits now</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Send when the answer is complete</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Sent when the answer is complete</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Sent with every question of a chat that has this preset</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Sent with every question of this chat, in the place of the general ones</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Sent with every question, in every chat that has none of its own</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Sent with every question, in every chat that has none of its own.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>September</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show files</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show in browser</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show in folder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show or hide the reasoning</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show or hide the side bar</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show the files of {name}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show the folder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show the side bar</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show the times table of 7.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show {called} in the file manager</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Smaller text</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Some of its parts are missing there.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Something went wrong that Fireside did not expect ({name}: {error}). Try again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Speed limit</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Speed limit of downloads</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Speed: {tokens_per_second} tokens/s over {generation_s} s</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Start afresh</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stop</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stop the answer</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stop the answer and send this now</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stopping…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Surroundings</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>System</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Take all chats along, as one file or to read, or bring in those of ChatGPT, LM Studio or Open WebUI. A single chat is exported from its menu.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Tell me a story.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Temperature</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Text</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Text of the file</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Text with a few marks, for notes and editors.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The address of the file has changed.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The bin is empty. Deleted chats stay here for {days} days.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The chats in {place} are damaged ({detail}). Restore a backup, or recover what can still be read.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The chats in {place} cannot be used. Check the folder.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The chats in {place} were written by a newer Fireside (version {found} of the format; this one knows {known}). Update Fireside where you got it from, or restore a backup from before.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The colours of the window.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The conversation is longer than the model&apos;s context. Nothing was deleted: the oldest messages are only left out of what the model is given.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The copy of “{name}” in {parent} reads back differently, so it was removed; the model is where it was. The disk may be failing: choose another.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The demo model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The disk is full, so nothing new can be saved in {place}. Free some space.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The file’s name</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The folder that it goes into</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The large one, for a computer with 64 GB of memory and a graphics card.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The largest part of so many layers stays off the GPU.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The model could not go on ({detail}).</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The model gives a new chat its title when it has nothing else to do.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The model no longer sees what is above this line.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The model of “{preset}”, {model}, is not on this computer. The chat keeps the one that it has.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The model said nothing for {seconds} seconds and was ended. What it said so far is kept.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The model wanted to use a tool, and Fireside has none yet.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The model&apos;s process ended because the system or a person killed it, perhaps for want of memory. What it said so far is kept.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The model&apos;s process ended unexpectedly (exit code {code}). What it said so far is kept.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The model&apos;s process ended unexpectedly (signal {signal}). What it said so far is kept.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The model&apos;s process ended unexpectedly. What it said so far is kept.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The model&apos;s process is in trouble.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The model’s</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The more, the faster, as long as they fit.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The next version</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The one that is shown</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The presets are in {path}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The proxy of {name} is used.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The same number repeats an answer. The whole chat is then read anew for each one.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The system&apos;s colours</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The version before</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Theme</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>There are no presets yet.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>There is another “{name}” in {parent}. Choose another folder.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>There is no “{name}” in {repository} on Hugging Face. Choose another file.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>There is no “{name}” on Hugging Face any more. Choose another repository.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>There is none yet.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>There was not enough free memory for “{name}”. Close other programs, or choose a shorter context in the preferences (Memory).</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Thinking</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Thinking: {doing}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Thinking…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This answer was cut off.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This backup is damaged, too</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This chat</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This computer</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This conversation is too long for the model: it has {prompt} tokens, and there is room for {context}. Start a new chat.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This deletes {size} from {parent}. It cannot be undone.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This is too long for the model: it comes to {prompt} tokens, and there is room for {room}. Shorten the message or your instructions.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This part cannot be shown.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This takes {short} more than is free now. Close other programs, or choose a shorter context.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This time only: Fireside has the chats that are there, or begins without any.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Thought for less than a second</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Thought for {minutes} min {rest} s</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Thought for {seconds} s</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Time</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Time, host, purpose and bytes of each</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>To the beginning, to the end</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Today</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Tokens</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Tokens, at most</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Too large</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>Took %Ln chat(s) out of their folder</source>
        <translation type="unfinished">
            <numerusform></numerusform>
            <numerusform></numerusform>
        </translation>
    </message>
    <message>
        <source>Took “{title}” out of its folder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Top-p</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Try again</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Try again, at any effort</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Try it now</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Try the demo model now</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Trying again in {seconds} s; what has arrived is kept.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Trying again; what has arrived is kept.</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>Under another name, since theirs was taken: %Ln.</source>
        <translation type="unfinished">
            <numerusform></numerusform>
            <numerusform></numerusform>
        </translation>
    </message>
    <message>
        <source>Undo</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Undo the deletion</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Unpin</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Untitled</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Unwrap</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Unwrap lines</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Use</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Use Hugging Face&apos;s own folder again</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Use another folder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Use it now</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Use {called}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Usual place</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Usual text size</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Version {place} of {count}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>View</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Waiting for the model…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Web page</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Weights</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Welcome to Fireside</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What Ctrl+C copies of a conversation. The menu on a right click has both.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What Fireside found on this computer, and what it chose. Nothing of your chats is in it, so you can send it along where you ask for help.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What Hugging Face sends as “{name}” does not have the checksum that it promises. Try again later, or on another network.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What a chat is asked with, under a name. A chat keeps what it was given, also when its preset changes.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What a newer Fireside added since then stays in its file, which is kept.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What is the capital of France?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What of those layers stays in memory</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What the folder of the files is called</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What the preset is called</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What was found, and what was chosen</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What was read of your chats, so that long ones open at once.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What was written since then is missing from it. The damaged file is kept.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What would you like to know?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>When the folder can be written to.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>When the other program is closed.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>When there is room.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Where Fireside shall keep chats and settings</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Where chats and settings are kept</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Where downloads go</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Whether it fits this computer can be told once it is here.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Which pages?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>With it</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Without it</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Wrap</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Wrap lines</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Write a Python function that adds two numbers.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Writing</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Yes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Yesterday</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>You</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>You fixed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>You stopped this answer.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Your chats cannot be opened</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Your data</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>all layers on the GPU</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>all on the GPU</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>any GPU, with the Vulkan SDK</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>as much as fits on the GPU</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>asks for your consent on its web page</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>buffers</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>cache</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>cache in {cache}; {batch}; weights {weights}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>compact (q8_0)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>context</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>damaged</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>expert layers on the CPU</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>for example 1-20, 25</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>full precision</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>gpt-oss, or a part of a name…</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>in %Ln day(s)</source>
        <translation type="unfinished">
            <numerusform></numerusform>
            <numerusform></numerusform>
        </translation>
    </message>
    <message>
        <source>in use</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>it does not open</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>laid out anew for this processor</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>last used {last}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>layers on the GPU</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>llama.cpp was built for the processor only. Build it again for</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>mapped from the file</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>moving, {percent} %</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>none that {names} can use. Check the graphics driver.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>nothing: all is chosen for this computer</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>of a kind that is not known: Fireside runs only gpt-oss</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>pages {some} of {all}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>the beginning</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>the program</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>today</source>
        <comment>in a sentence</comment>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>weights</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>yesterday</source>
        <comment>in a sentence</comment>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{chats} with {messages} came from {source}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{count} billion parameters</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{count} million parameters</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{count} of {all}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{count} of {all} layers on the GPU</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{current} of {count}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{day} {month}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{day} {month} {year}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{day}, {time}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{done} of {size}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{files}, {size}, {licence}, from {repository} on Hugging Face. Nothing is sent there but the request for the file.</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>{file} and %n more</source>
        <translation type="unfinished">
            <numerusform></numerusform>
            <numerusform></numerusform>
        </translation>
    </message>
    <message>
        <source>{generated} tokens/s</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{gpu} ({name}), {free} of {memory} free</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{gpu} ({name}), {free} of {memory} free, which is the computer&apos;s own</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{kind}: Fireside runs only gpt-oss</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{label}: choose another model first</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{label}: only in Ollama (ollama rm {name})</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{left} left</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{memory}, {available} can be taken</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{month} {year}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{name} (default)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{name} (not here)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{name} cannot be read ({detail}). Choose another backup.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{number} of {count}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{place} of {count}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{share} at {context} tokens of context</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{share} on {gpu}, at {context} tokens of context; {layers}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{size} GB</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{size} become free. It can be downloaded again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{size} of {room}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{size}, from {repository}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{stem} has been downloaded. Choose it in the menu of models.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{threads}, batches of {size}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{title} (archived)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{title}, pinned</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{tokens_per_second} tokens/s</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{tokens_per_second} tokens/s · first token after {first_token_s} s</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{tokens} tokens; there is room for {room}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{weights} in {layers} layers</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>“{name}” cannot be read ({reason}). Check that it is there, and who may read it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>“{name}” cannot be read ({reason}). Check who may read it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>“{name}” cannot be read ({reason}). Check who may read the file.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>“{name}” cannot be used. Choose another file.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>“{name}” could not be changed ({reason}). Nothing was lost. Check who may write in its folder, and whether another program uses it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>“{name}” could not be changed. It is as it was.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>“{name}” could not be downloaded.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>“{name}” could not be loaded ({reason}). The file may be damaged: download it again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>“{name}” could not be loaded. The file may be damaged: download it again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>“{name}” could not be read.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>“{name}” could not be used.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>“{name}” could not be written ({reason}). Check who may write in {parent} and how much room there is, or choose another folder.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>“{name}” has a chat of more than {limit}, which is too large. None of it was imported.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>“{name}” has no text in it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>“{name}” has no text: its pages are pictures. Run a text recognition (OCR) on it first.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>“{name}” holds no chats that Fireside can read. Choose an export of Fireside, ChatGPT (the .zip or conversations.json), LM Studio or Open WebUI.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>“{name}” holds no presets. Choose a file that was exported on the page with the presets; its name ends in .fireside-presets.json.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>“{name}” is a folder. Attach the files in it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>“{name}” is a folder. Choose the file in it that ends in .gguf.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>“{name}” is a model of another kind ({architecture}). Choose a gpt-oss model: Fireside runs only those.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>“{name}” is a picture, and gpt-oss reads only text.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>“{name}” is damaged ({detail}). Save it again in its own program, or get it again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>“{name}” is damaged or incomplete ({detail}). Export it again; none of it was imported.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>“{name}” is gpt-oss in a form that only Ollama can run. Choose a GGUF file of it that was made for llama.cpp.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>“{name}” is incomplete. Download it again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>“{name}” is incomplete: {there} of {all} are there. Download it again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>“{name}” is larger than {size}. Attach a part of it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>“{name}” is locked with a password. Save it without one, and attach that.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>“{name}” is longer than any model can read. Attach a part of it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>“{name}” is not a GGUF model in spite of its name: its content may be a web page, or what an interrupted download left. Download it again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>“{name}” is not a GGUF model. Choose a file that ends in .gguf, such as gpt-oss-20b-mxfp4.gguf.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>“{name}” is not at {parent} any more. Choose the file again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>“{name}” is of a kind that cannot be attached. Fireside reads text, code, Markdown, CSV, JSON, HTML, PDF and DOCX.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>“{name}” is too long for the model: {tokens} tokens, where there is room for {room}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>“{name}” needs {needed} more on the disk, and {free} are free in {path}. Free some space: what is there already is kept.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>“{name}” needs {needed} of memory, and this computer has {available} to give. Choose a smaller model.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>“{name}” needs {needed} of the memory of {gpu}, which has {available} to give. Choose fewer layers on the GPU, or a shorter context, in the preferences (Memory).</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>“{name}” needs {needed}, and {free} are free in {parent}. Free some space or choose another folder; the model is where it was.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>“{name}” was written by a newer Fireside (version {found} of the format; this one knows {known}). Update Fireside.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>“{title}” is back among the chats</source>
        <translation type="unfinished"></translation>
    </message>
</context>
</TS>
