<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en" sourcelanguage="en">
<context>
    <name></name>
    <message numerus="yes">
        <source>%Ln character(s)</source>
        <translation>
            <numerusform>%Ln character</numerusform>
            <numerusform>%Ln characters</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln chat(s)</source>
        <translation>
            <numerusform>%Ln chat</numerusform>
            <numerusform>%Ln chats</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln chat(s) are back among the others</source>
        <translation>
            <numerusform>%Ln chat is back among the others</numerusform>
            <numerusform>%Ln chats are back among the others</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln chat(s) so far. Nothing is imported yet.</source>
        <translation>
            <numerusform>%Ln chat so far. Nothing is imported yet.</numerusform>
            <numerusform>%Ln chats so far. Nothing is imported yet.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln chat(s) without a message</source>
        <translation>
            <numerusform>%Ln chat without a message</numerusform>
            <numerusform>%Ln chats without a message</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln chat(s). Each is removed {days} days after its deletion.</source>
        <translation>
            <numerusform>%Ln chat. Each is removed {days} days after its deletion.</numerusform>
            <numerusform>%Ln chats. Each is removed {days} days after its deletion.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln chat(s). The search finds what is here, too.</source>
        <translation>
            <numerusform>%Ln chat. The search finds what is here, too.</numerusform>
            <numerusform>%Ln chats. The search finds what is here, too.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln citation(s)</source>
        <translation>
            <numerusform>%Ln citation</numerusform>
            <numerusform>%Ln citations</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln day(s) ago</source>
        <translation>
            <numerusform>%Ln day ago</numerusform>
            <numerusform>%Ln days ago</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln download(s)</source>
        <translation>
            <numerusform>%Ln download</numerusform>
            <numerusform>%Ln downloads</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln file(s)</source>
        <translation>
            <numerusform>%Ln file</numerusform>
            <numerusform>%Ln files</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln file(s) without chats</source>
        <translation>
            <numerusform>%Ln file without chats</numerusform>
            <numerusform>%Ln files without chats</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln folder name(s)</source>
        <translation>
            <numerusform>%Ln folder name</numerusform>
            <numerusform>%Ln folder names</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln hidden message(s)</source>
        <translation>
            <numerusform>%Ln hidden message</numerusform>
            <numerusform>%Ln hidden messages</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln image(s)</source>
        <translation>
            <numerusform>%Ln image</numerusform>
            <numerusform>%Ln images</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln memory note(s)</source>
        <translation>
            <numerusform>%Ln memory note</numerusform>
            <numerusform>%Ln memory notes</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln message(s)</source>
        <translation>
            <numerusform>%Ln message</numerusform>
            <numerusform>%Ln messages</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln note(s)</source>
        <translation>
            <numerusform>%Ln note</numerusform>
            <numerusform>%Ln notes</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln page(s)</source>
        <translation>
            <numerusform>%Ln page</numerusform>
            <numerusform>%Ln pages</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln part(s) of an unknown kind</source>
        <translation>
            <numerusform>%Ln part of an unknown kind</numerusform>
            <numerusform>%Ln parts of an unknown kind</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln preset(s) came in.</source>
        <translation>
            <numerusform>%Ln preset came in.</numerusform>
            <numerusform>%Ln presets came in.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln recording(s)</source>
        <translation>
            <numerusform>%Ln recording</numerusform>
            <numerusform>%Ln recordings</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln request(s), {size} received. All are kept in connections.log in the data folder, and there were no others: chats use no network, and Fireside reports nothing.</source>
        <translation>
            <numerusform>%Ln request, {size} received. All are kept in connections.log in the data folder, and there were no others: chats use no network, and Fireside reports nothing.</numerusform>
            <numerusform>%Ln requests, {size} received. All are kept in connections.log in the data folder, and there were no others: chats use no network, and Fireside reports nothing.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln tag(s)</source>
        <translation>
            <numerusform>%Ln tag</numerusform>
            <numerusform>%Ln tags</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln token(s)</source>
        <translation>
            <numerusform>%Ln token</numerusform>
            <numerusform>%Ln tokens</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln tool call(s)</source>
        <translation>
            <numerusform>%Ln tool call</numerusform>
            <numerusform>%Ln tool calls</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln unreadable character(s)</source>
        <translation>
            <numerusform>%Ln unreadable character</numerusform>
            <numerusform>%Ln unreadable characters</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n byte(s)</source>
        <translation>
            <numerusform>%n byte</numerusform>
            <numerusform>%n bytes</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n core(s)</source>
        <translation>
            <numerusform>%n core</numerusform>
            <numerusform>%n cores</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n expert layer(s) on the CPU</source>
        <translation>
            <numerusform>%n expert layer on the CPU</numerusform>
            <numerusform>%n expert layers on the CPU</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n found, {runs} of them gpt-oss, says Hugging Face.</source>
        <translation>
            <numerusform>%n found, {runs} of them gpt-oss, says Hugging Face.</numerusform>
            <numerusform>%n found, {runs} of them gpt-oss, says Hugging Face.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n found.</source>
        <translation>
            <numerusform>%n found.</numerusform>
            <numerusform>%n found.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n layer(s) on the GPU</source>
        <translation>
            <numerusform>%n layer on the GPU</numerusform>
            <numerusform>%n layers on the GPU</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n model(s) on this computer, {size} in all.</source>
        <translation>
            <numerusform>%n model on this computer, {size} in all.</numerusform>
            <numerusform>%n models on this computer, {size} in all.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n part(s)</source>
        <translation>
            <numerusform>%n part</numerusform>
            <numerusform>%n parts</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n thread(s)</source>
        <translation>
            <numerusform>%n thread</numerusform>
            <numerusform>%n threads</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>And %Ln more file(s).</source>
        <translation>
            <numerusform>And %Ln more file.</numerusform>
            <numerusform>And %Ln more files.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Archive %Ln chat(s)</source>
        <translation>
            <numerusform>Archive %Ln chat</numerusform>
            <numerusform>Archive %Ln chats</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Archived %Ln chat(s)</source>
        <translation>
            <numerusform>Archived %Ln chat</numerusform>
            <numerusform>Archived %Ln chats</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Delete %Ln chat(s)</source>
        <translation>
            <numerusform>Delete %Ln chat</numerusform>
            <numerusform>Delete %Ln chats</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Delete %Ln chat(s) for good?</source>
        <translation>
            <numerusform>Delete %Ln chat for good?</numerusform>
            <numerusform>Delete %Ln chats for good?</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Deleted %Ln chat(s)</source>
        <translation>
            <numerusform>Deleted %Ln chat</numerusform>
            <numerusform>Deleted %Ln chats</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Deleted %Ln preset(s)</source>
        <translation>
            <numerusform>Deleted %Ln preset</numerusform>
            <numerusform>Deleted %Ln presets</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Export %Ln chat(s)…</source>
        <translation>
            <numerusform>Export %Ln chat…</numerusform>
            <numerusform>Export %Ln chats…</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Folder {name}, closed, %Ln chat(s)</source>
        <translation>
            <numerusform>Folder {name}, closed, %Ln chat</numerusform>
            <numerusform>Folder {name}, closed, %Ln chats</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Folder {name}, open, %Ln chat(s)</source>
        <translation>
            <numerusform>Folder {name}, open, %Ln chat</numerusform>
            <numerusform>Folder {name}, open, %Ln chats</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Here already: %Ln preset(s).</source>
        <translation>
            <numerusform>Here already: %Ln preset.</numerusform>
            <numerusform>Here already: %Ln presets.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>If you send this, the model will no longer see the %Ln oldest message(s) of this chat.</source>
        <translation>
            <numerusform>If you send this, the model will no longer see the %Ln oldest message of this chat.</numerusform>
            <numerusform>If you send this, the model will no longer see the %Ln oldest messages of this chat.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Import %Ln chat(s)</source>
        <translation>
            <numerusform>Import %Ln chat</numerusform>
            <numerusform>Import %Ln chats</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Moved %Ln chat(s) to “{folder}”</source>
        <translation>
            <numerusform>Moved %Ln chat to “{folder}”</numerusform>
            <numerusform>Moved %Ln chats to “{folder}”</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Not readable: %Ln file(s).</source>
        <translation>
            <numerusform>Not readable: %Ln file.</numerusform>
            <numerusform>Not readable: %Ln files.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Removing %Ln chat(s) for good. This takes some seconds.</source>
        <translation>
            <numerusform>Removing %Ln chat for good. This takes some seconds.</numerusform>
            <numerusform>Removing %Ln chats for good. This takes some seconds.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Skipped, as they were here already: %Ln chat(s).</source>
        <translation>
            <numerusform>Skipped, as they were here already: %Ln chat.</numerusform>
            <numerusform>Skipped, as they were here already: %Ln chats.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Took %Ln chat(s) out of their folder</source>
        <translation>
            <numerusform>Took %Ln chat out of their folder</numerusform>
            <numerusform>Took %Ln chats out of their folder</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Under another name, since theirs was taken: %Ln.</source>
        <translation>
            <numerusform>Under another name, since theirs was taken: %Ln.</numerusform>
            <numerusform>Under another name, since theirs was taken: %Ln.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>in %Ln day(s)</source>
        <translation>
            <numerusform>in %Ln day</numerusform>
            <numerusform>in %Ln days</numerusform>
        </translation>
    </message>
</context>
</TS>
