"""A database as Zotero keeps it: its tables (https://github.com/zotero/zotero, resource/schema) with a few items."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

TYPES = ("annotation", "attachment", "note", "journalArticle", "book", "conferencePaper", "preprint", "webpage")
FIELDS = "title abstractNote date publicationTitle proceedingsTitle DOI ISBN url extra publisher repository archiveID volume".split()
CREATORS = ("author", "editor", "bookAuthor", "translator")
TABLES = """
CREATE TABLE version (schema TEXT PRIMARY KEY, version INT NOT NULL);
CREATE TABLE libraries (libraryID INTEGER PRIMARY KEY, type TEXT NOT NULL);
CREATE TABLE itemTypes (itemTypeID INTEGER PRIMARY KEY, typeName TEXT, templateItemTypeID INT, display INT DEFAULT 1);
CREATE TABLE itemTypesCombined (itemTypeID INT NOT NULL, typeName TEXT NOT NULL, display INT DEFAULT 1 NOT NULL, custom INT NOT NULL,
  PRIMARY KEY (itemTypeID));
CREATE TABLE fields (fieldID INTEGER PRIMARY KEY, fieldName TEXT, fieldFormatID INT);
CREATE TABLE fieldsCombined (fieldID INT NOT NULL, fieldName TEXT NOT NULL, label TEXT, fieldFormatID INT, custom INT NOT NULL,
  PRIMARY KEY (fieldID));
CREATE TABLE creatorTypes (creatorTypeID INTEGER PRIMARY KEY, creatorType TEXT);
CREATE TABLE items (itemID INTEGER PRIMARY KEY, itemTypeID INT NOT NULL, dateAdded TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
  dateModified TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, libraryID INT NOT NULL, key TEXT NOT NULL, UNIQUE (libraryID, key));
CREATE TABLE itemDataValues (valueID INTEGER PRIMARY KEY, value UNIQUE);
CREATE TABLE itemData (itemID INT, fieldID INT, valueID, PRIMARY KEY (itemID, fieldID));
CREATE TABLE itemNotes (itemID INTEGER PRIMARY KEY, parentItemID INT, note TEXT, title TEXT);
CREATE TABLE itemAttachments (itemID INTEGER PRIMARY KEY, parentItemID INT, linkMode INT, contentType TEXT, path TEXT);
CREATE TABLE creators (creatorID INTEGER PRIMARY KEY, firstName TEXT, lastName TEXT, fieldMode INT);
CREATE TABLE itemCreators (itemID INT NOT NULL, creatorID INT NOT NULL, creatorTypeID INT NOT NULL DEFAULT 1,
  orderIndex INT NOT NULL DEFAULT 0, PRIMARY KEY (itemID, creatorID, creatorTypeID, orderIndex));
CREATE TABLE collections (collectionID INTEGER PRIMARY KEY, collectionName TEXT NOT NULL, libraryID INT NOT NULL);
CREATE TABLE collectionItems (collectionID INT NOT NULL, itemID INT NOT NULL, orderIndex INT NOT NULL DEFAULT 0);
CREATE TABLE deletedItems (itemID INTEGER PRIMARY KEY, dateDeleted DEFAULT CURRENT_TIMESTAMP NOT NULL);
CREATE TABLE retractedItems (itemID INTEGER PRIMARY KEY, data TEXT, flag INT DEFAULT 0);
CREATE TABLE feedItems (itemID INTEGER PRIMARY KEY, guid TEXT NOT NULL UNIQUE);
"""


def zotero(path: Path, items: Sequence[dict[str, Any]], *, combined: bool = True) -> Path:
    """A database with items: {"itemType": …, "creators": [(type, given, family), …], "deleted": True, fields…}.

    With `combined` the tables of Zotero 3 and later are filled, which have the users' own fields too.
    """
    database = sqlite3.connect(path)
    with database:
        database.executescript(TABLES)
        database.execute("INSERT INTO version VALUES ('userdata', 123)")
        database.execute("INSERT INTO libraries VALUES (1, 'user')")
        database.execute("INSERT INTO collections VALUES (1, 'Bees', 1)")
        _fill(database, "itemTypes", "itemTypeID, typeName", TYPES)
        _fill(database, "fields", "fieldID, fieldName", FIELDS)
        _fill(database, "creatorTypes", "creatorTypeID, creatorType", CREATORS)
        if combined:
            database.execute("INSERT INTO itemTypesCombined SELECT itemTypeID, typeName, 1, 0 FROM itemTypes")
            database.execute("INSERT INTO fieldsCombined SELECT fieldID, fieldName, NULL, NULL, 0 FROM fields")
        for number, item in enumerate(items, start=1):
            _add(database, number, item)
    database.close()
    return path


def _fill(database: sqlite3.Connection, table: str, columns: str, names: Sequence[str]) -> None:
    database.executemany(f"INSERT INTO {table} ({columns}) VALUES (?, ?)", list(enumerate(names, start=1)))


def _add(database: sqlite3.Connection, number: int, item: dict[str, Any]) -> None:
    kind = TYPES.index(item["itemType"]) + 1
    database.execute(
        "INSERT INTO items (itemID, itemTypeID, libraryID, key) VALUES (?, ?, 1, ?)", (number, kind, f"KEY{number:05}")
    )
    for name, value in item.items():
        if name in FIELDS:
            database.execute("INSERT OR IGNORE INTO itemDataValues (value) VALUES (?)", (value,))
            [(found,)] = database.execute("SELECT valueID FROM itemDataValues WHERE value = ?", (value,))
            database.execute("INSERT INTO itemData VALUES (?, ?, ?)", (number, FIELDS.index(name) + 1, found))
    # As Zotero does, a name that was used before is used again, so that the numbers of names say nothing of their order.
    for order, (kind_of, given, family) in reversed(list(enumerate(item.get("creators", ())))):
        cursor = database.execute(
            "INSERT INTO creators (firstName, lastName, fieldMode) VALUES (?, ?, ?)", (given, family, 0 if given else 1)
        )
        database.execute(
            "INSERT INTO itemCreators VALUES (?, ?, ?, ?)",
            (number, cursor.lastrowid, CREATORS.index(kind_of) + 1, order),
        )
    for table in ("deletedItems", "retractedItems"):
        if item.get(table):
            database.execute(f"INSERT INTO {table} (itemID) VALUES (?)", (number,))
    if item.get("feedItems"):
        database.execute("INSERT INTO feedItems VALUES (?, ?)", (number, f"guid{number}"))
