<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en" sourcelanguage="en">
<context>
    <name></name>
    <message numerus="yes">
        <source>%Ln call(s) to tools</source>
        <translation>
            <numerusform>%Ln call to tools</numerusform>
            <numerusform>%Ln calls to tools</numerusform>
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
        <source>%Ln chat(s) without a message</source>
        <translation>
            <numerusform>%Ln chat without a message</numerusform>
            <numerusform>%Ln chats without a message</numerusform>
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
        <source>%Ln instruction(s)</source>
        <translation>
            <numerusform>%Ln instruction</numerusform>
            <numerusform>%Ln instructions</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln mark(s) of sources</source>
        <translation>
            <numerusform>%Ln mark of sources</numerusform>
            <numerusform>%Ln marks of sources</numerusform>
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
        <source>%Ln message(s) out of place</source>
        <translation>
            <numerusform>%Ln message out of place</numerusform>
            <numerusform>%Ln messages out of place</numerusform>
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
        <source>%Ln recording(s)</source>
        <translation>
            <numerusform>%Ln recording</numerusform>
            <numerusform>%Ln recordings</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln request(s), {size} received. All are kept in connections.log in the data folder, and there were no others: chats use no network, Fireside looks for no updates and reports nothing.</source>
        <translation>
            <numerusform>%Ln request, {size} received. All are kept in connections.log in the data folder, and there were no others: chats use no network, Fireside looks for no updates and reports nothing.</numerusform>
            <numerusform>%Ln requests, {size} received. All are kept in connections.log in the data folder, and there were no others: chats use no network, Fireside looks for no updates and reports nothing.</numerusform>
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
        <source>%n found, of which Fireside can run {runs}.</source>
        <translation>
            <numerusform>%n found, of which Fireside can run {runs}.</numerusform>
            <numerusform>%n found, of which Fireside can run {runs}.</numerusform>
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
        <source>Deleted %Ln chat(s)</source>
        <translation>
            <numerusform>Deleted %Ln chat</numerusform>
            <numerusform>Deleted %Ln chats</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Here already: %Ln chat(s).</source>
        <translation>
            <numerusform>Here already: %Ln chat.</numerusform>
            <numerusform>Here already: %Ln chats.</numerusform>
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
        <source>{file} and %n more</source>
        <translation>
            <numerusform>{file} and %n more</numerusform>
            <numerusform>{file} and %n more</numerusform>
        </translation>
    </message>
</context>
</TS>
